import { failpoint } from '@uplift/runtime';
import { pause } from '../runner/pause';
import type { Effect, EffectAnswer } from './effect.port';

export interface LeaseOptions {
  /** A call starts only this long after its own intent was appended, in ms. */
  readonly leaseMs: number;
  /** A call is given up after this long, in ms: its outcome is then unknown. */
  readonly timeoutMs: number;
}

export interface Lease {
  /** Monotonic time just before the intent was appended, in ms. */
  readonly intentAt: number;
  /** Ends the waiting, never a call. */
  readonly stop: AbortSignal;
}

const FIRST_PAUSE_MS = 100;

/**
 * Step E4: at most one call, only by the process that wrote the intent and only within its lease.
 * What surely was not sent is no call yet: it is tried again as long as the lease lasts. A token that was not
 * accepted is refused before any effect: once, the call is made again with a new one, in the same lease.
 */
export async function leasedCall<Trace>(
  effect: Effect<Trace>,
  { intentAt, stop }: Lease,
  { leaseMs, timeoutMs }: LeaseOptions,
): Promise<EffectAnswer<Trace>> {
  let answer: EffectAnswer<Trace> = OVER;
  let mayRenew = true;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    // Armed before the lease check: a process frozen in between wakes up to an aborted call.
    const signal = AbortSignal.timeout(timeoutMs);
    if (performance.now() - intentAt > leaseMs) return answer;
    await failpoint(`${effect.name}.E4`);
    answer = await effect.send(signal);
    await failpoint(`${effect.name}.E5`);
    if (answer.kind !== 'refused') return answer;
    if (answer.cause === 'unauthenticated' && mayRenew) {
      mayRenew = false;
      continue;
    }
    if (answer.cause !== 'not-sent') return answer;
    await pause(pauseMs, stop);
  }
}

const OVER = {
  kind: 'refused',
  cause: 'not-sent',
  reason: 'the time for the call was over before it was made',
  retryable: true,
} as const;
