import { ProblemError } from '@uplift/contracts';
import { pause, within, type Waits } from './waits';

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** For one attempt: whoever has not answered by then is asked again. */
const ATTEMPT_MS = 10_000;
const PATIENCE_MS = 60_000;

export interface Patience {
  /** How long a request is sent again while nobody answers it, in milliseconds; 60,000 if absent. */
  readonly giveUpAfterMs?: number;
  /** Ends the wait: the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** An attempt got no answer: the request may have had its effect, and may be sent again. */
export class NotAnsweredError extends Error {
  override readonly name: string = 'NotAnsweredError';
}

/**
 * Nobody answered within the time. Whether a command has had its effect is not known: send it again under the same key,
 * now or tomorrow, and it takes effect once.
 */
export class GaveUpError extends Error {
  override readonly name = 'GaveUpError';
  constructor(
    afterMs: number,
    /** The key of the command; undefined for a query. */
    readonly key: string | undefined,
    options: { readonly cause: unknown },
  ) {
    const next = key === undefined ? 'ask again' : `send it again under the same key, ${key}`;
    super(`No answer within ${afterMs} ms: ${next}`, options);
  }
}

/** Sends until there is an answer. Throws GaveUpError, and what says that to ask again is no use. */
export async function untilAnswered<T>(
  waits: Waits,
  { giveUpAfterMs = PATIENCE_MS, signal, key }: Patience & { readonly key?: string },
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  return within(waits, giveUpAfterMs, signal ? [signal] : [], async (ended) => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await outcomeOf(() => within(waits, ATTEMPT_MS, [ended], send));
      if ('answer' in outcome) return outcome.answer;
      const { error } = outcome;
      if (!isPassing(error)) throw error;
      await pause(waits, pauseBefore(waits, attempt, error), ended);
      signal?.throwIfAborted();
      if (ended.aborted) throw new GaveUpError(giveUpAfterMs, key, { cause: error });
    }
  });
}

/** Whether the same request may be answered otherwise later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ProblemError) return error.problem.retryable === true;
  return error instanceof NotAnsweredError;
}

/** Longer after each failure, never shorter than the service asks for, and never the same for all. */
export function pauseBefore(waits: Waits, attempt: number, error?: unknown): number {
  const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  const asked = error instanceof ProblemError ? (error.problem.retryAfterSeconds ?? 0) * 1_000 : 0;
  return asked + longest * (0.5 + waits.random() / 2);
}

async function outcomeOf<T>(send: () => Promise<T>) {
  try {
    return { answer: await send() };
  } catch (error) {
    return { error };
  }
}
