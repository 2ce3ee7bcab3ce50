import type { WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { DeployAnswer, Lagoon } from '@uplift/lagoon';
import { pause } from '../../runner/pause';

export interface DeployCallOptions {
  /** A call starts only this long after its own intent was appended, in ms. */
  readonly leaseMs: number;
  /** A call is given up after this long, in ms: its outcome is then unknown. */
  readonly timeoutMs: number;
}

export type CallOutcome = DeployAnswer | { readonly kind: 'lease-expired' };

const FIRST_PAUSE_MS = 100;

/**
 * Step E4: at most one call, only by the process that wrote the intent and only within its lease.
 * What surely was not sent is no call yet: it is tried again as long as the lease lasts.
 * @param intentAt monotonic time just before the intent was appended, in ms
 * @param stop ends the waiting, never a call
 */
export async function callLagoon(
  lagoon: Lagoon,
  order: WorkOrder,
  { intentAt, stop }: { readonly intentAt: number; readonly stop: AbortSignal },
  { leaseMs, timeoutMs }: DeployCallOptions,
): Promise<CallOutcome> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    // Armed before the lease check: a process frozen in between wakes up to an aborted call.
    const signal = AbortSignal.timeout(timeoutMs);
    if (performance.now() - intentAt > leaseMs) return { kind: 'lease-expired' };
    const answer = await deploy(lagoon, order, signal);
    if (answer.kind !== 'refused' || answer.cause !== 'not-sent') return answer;
    await pause(pauseMs, stop);
  }
}

async function deploy(
  lagoon: Lagoon,
  order: WorkOrder,
  signal: AbortSignal,
): Promise<DeployAnswer> {
  const { located, target, profile } = order;
  if (located === null) {
    return {
      kind: 'refused',
      cause: 'not-found',
      reason: 'the environment was never located',
      retryable: false,
    };
  }
  const bulkName = markerOf(order);
  return target === null
    ? lagoon.deployLatest({ environmentId: located.environmentId, bulkName }, signal)
    : lagoon.deployBranch(
        {
          project: profile.project,
          branchName: profile.environment,
          branchRef: target.ref,
          bulkName,
        },
        signal,
      );
}
