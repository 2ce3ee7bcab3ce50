import { setTimeout as pause } from 'node:timers/promises';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 100;
const GROWTH = 1.1;
/** Ends a wait for what never comes; shorter than the limit of a test, whose message would say less. */
export const PATIENCE_MS = 120_000;

/**
 * Repeats `look` until it no longer throws, and answers what it returned; throws its last error after `withinMs`. Its
 * pauses grow: looks take processor time from what they wait for.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let pauseMs = FIRST_PAUSE_MS;
  let outcome = await attempt(look);
  while ('error' in outcome && Date.now() < deadline) {
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * GROWTH, LONGEST_PAUSE_MS);
    outcome = await attempt(look);
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

async function attempt<T>(look: () => T | Promise<T>) {
  try {
    return { value: await look() };
  } catch (error) {
    return { error };
  }
}
