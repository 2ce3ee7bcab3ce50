import { LagoonUnauthenticatedError, LagoonUnavailableError } from '@uplift/lagoon';
import { inParallel } from './in-parallel';
import type { Ask } from './poll-asks';

/** What became of the requests of one tick. */
export interface RoundResult {
  readonly answers: number;
  readonly failed: readonly Ask[];
  /** The failure that made further requests pointless; null if all were sent. */
  readonly trouble: unknown;
}

export interface RoundSteps {
  /** Answers what has to be asked further. */
  readonly send: (ask: Ask) => Promise<readonly Ask[]>;
  readonly onError: (error: unknown) => void;
}

const REQUESTS_AT_ONCE = 4;

/** Sends requests until one fails in a way that every other one would too. */
export async function pollRound(
  asks: readonly Ask[],
  { send, onError }: RoundSteps,
): Promise<RoundResult> {
  const queue = [...asks];
  const failed: Ask[] = [];
  let answers = 0;
  let trouble: unknown = null;
  const attempt = async (ask: Ask) => {
    try {
      queue.push(...(await send(ask)));
      answers += 1;
    } catch (error) {
      onError(error);
      failed.push(ask);
      if (isAway(error)) trouble = error;
    }
  };
  await inParallel(REQUESTS_AT_ONCE, async () => {
    for (let ask = queue.shift(); ask !== undefined; ask = queue.shift()) {
      if (trouble === null) await attempt(ask);
    }
  });
  return { answers, failed, trouble };
}

function isAway(error: unknown): boolean {
  return error instanceof LagoonUnavailableError || error instanceof LagoonUnauthenticatedError;
}
