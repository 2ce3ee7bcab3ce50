import { randomUUID } from 'node:crypto';
import { instanceStream } from '@uplift/contracts';
import type { InstanceEvent, InstanceState, RunningStatus } from '@uplift/domain';
import { isHealthy } from '@uplift/domain';
import type { InstanceHistory } from '../instance-history';
import type { Cause } from '../stream-history';

interface Growth {
  /** Events that the stream is to have at least. */
  readonly toLength: number;
  /** In one append, which is one command: a caller reports one, more are written sooner. */
  readonly reportsAtOnce: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

const ILL = 'running-unhealthy';
const ACTOR = { type: 'system', id: 'grown-history' } as const;

/** Health reports of a healthy instance, each of which changes something; at the end it is as it was. */
export async function growHistory(
  history: InstanceHistory,
  instanceId: string,
  { toLength, reportsAtOnce, signal }: Growth,
): Promise<void> {
  let loaded = await history.load(instanceId);
  const well = statusOf(loaded.state);
  if (!isHealthy(well)) throw new Error(`Instance ${instanceId} is ${well}, not healthy`);
  for (;;) {
    const isWell = statusOf(loaded.state) === well;
    const missing = toLength - (loaded.head.revision + 1);
    if (isWell && (missing <= 0 || signal?.aborted === true)) return;
    const events = reports(
      isWell ? [ILL, well] : [well, ILL],
      Math.min(Math.max(missing, 1), reportsAtOnce),
    );
    await history.streams.appendTo(instanceStream(instanceId), loaded, events, causeOf(instanceId));
    loaded = await history.load(instanceId);
  }
}

function statusOf(state: InstanceState): string {
  return state.kind === 'absent' ? 'unknown' : state.status;
}

function reports(turns: readonly RunningStatus[], count: number): InstanceEvent[] {
  return Array.from({ length: count }, (_, n) => {
    return { type: 'HealthReported', data: { status: turns[n % 2] ?? ILL } };
  });
}

function causeOf(correlationId: string): Cause {
  return {
    causationId: randomUUID(),
    step: 'ReportHealth',
    correlationId,
    actor: ACTOR,
    commandFingerprint: 'f'.repeat(64),
  };
}
