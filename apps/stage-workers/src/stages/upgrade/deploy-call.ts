import type { WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { DeployAnswer, Lagoon } from '@uplift/lagoon';

export interface DeployCallOptions {
  /** A call starts only this long after its own intent was appended, in ms. */
  readonly leaseMs: number;
  /** A call is given up after this long, in ms: its outcome is then unknown. */
  readonly timeoutMs: number;
}

export type CallOutcome = DeployAnswer | { readonly kind: 'lease-expired' };

/**
 * Step E4: at most one call, only by the process that wrote the intent and only within its lease.
 * @param intentAt monotonic time just before the intent was appended, in ms
 */
export async function callLagoon(
  lagoon: Lagoon,
  order: WorkOrder,
  intentAt: number,
  { leaseMs, timeoutMs }: DeployCallOptions,
): Promise<CallOutcome> {
  // Armed before the lease check: a process frozen in between wakes up to an aborted call.
  const signal = AbortSignal.timeout(timeoutMs);
  if (performance.now() - intentAt > leaseMs) return { kind: 'lease-expired' };
  return deploy(lagoon, order, signal);
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
