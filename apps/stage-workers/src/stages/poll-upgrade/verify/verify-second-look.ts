import type { Lagoon, UnidleAnswer } from '@uplift/lagoon';

/** What Lagoon knows of an app that gave no good answer. */
export interface SecondLook {
  /** Lagoon's own word; null if it said nothing or could not be asked. */
  readonly idleState: string | null;
  /** What came of waking it; null if it was awake. */
  readonly unidle: UnidleAnswer['kind'] | null;
  /** The routes as they are after the build; empty if they could not be asked. */
  readonly routes: readonly string[];
}

const AWAKE = 'active';

/** Wakes the environment if it sleeps. Lagoon out of reach says nothing about the app, so nothing throws. */
export async function lookAgain(
  lagoon: Lagoon,
  environmentId: number,
  signal: AbortSignal,
): Promise<SecondLook> {
  const [idleState, routes] = await Promise.all([
    answerOr(null, lagoon.idleStateOf(environmentId, signal)),
    answerOr([], lagoon.routesOf(environmentId, signal)),
  ]);
  if (idleState === null || idleState === AWAKE) return { idleState, unidle: null, routes };
  const { kind } = await lagoon.unidle(environmentId, signal);
  return { idleState, unidle: kind, routes };
}

async function answerOr<T, F>(fallback: F, answer: Promise<T>): Promise<T | F> {
  try {
    return await answer;
  } catch {
    return fallback;
  }
}
