import type { Clock } from '@uplift/runtime';
import { failpoint } from '@uplift/runtime';
import type { Effect, EffectAnswer } from './effect.port';

export interface LeaseOptions {
  /** A call starts only this long after its own intent was appended, in ms. */
  readonly leaseMs: number;
  /** A call is given up after this long, in ms: its outcome is then unknown. */
  readonly timeoutMs: number;
}

interface Lease extends LeaseOptions {
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
  effect: Pick<Effect<Trace>, 'name' | 'send'>,
  { intentAt, stop, leaseMs, timeoutMs }: Lease,
  clock: Clock,
): Promise<EffectAnswer<Trace>> {
  let answer: EffectAnswer<Trace> = OVER;
  let mayRenew = true;
  // Armed before the lease check: a process frozen in between wakes up to an aborted call.
  const call = async (signal: AbortSignal) => {
    if (clock.monotonic() - intentAt > leaseMs) return null;
    await failpoint(`${effect.name}.E4`);
    const given = await effect.send(signal);
    await failpoint(`${effect.name}.E5`);
    return given;
  };
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    const given = await withTimeout(clock, timeoutMs, call);
    if (given === null) return answer;
    answer = given;
    if (answer.kind !== 'refused') return answer;
    if (answer.cause === 'unauthenticated' && mayRenew) {
      mayRenew = false;
      continue;
    }
    if (answer.cause !== 'not-sent') return answer;
    await clock.pause(pauseMs, stop);
  }
}

const OVER = {
  kind: 'refused',
  cause: 'not-sent',
  reason: 'the time for the call was over before it was made',
  retryable: true,
} as const;

/** Work that is told by its signal when its time is over. */
export async function withTimeout<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const cancel = clock.after(ms, () =>
    ending.abort(new DOMException('The call took too long', 'TimeoutError')),
  );
  try {
    return await work(ending.signal);
  } finally {
    cancel();
  }
}
