import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 20;

/** Repeats `look` until it no longer throws, and answers what it returned; throws its last error after `withinMs`. */
export async function eventually<T>(look: () => T | Promise<T>, withinMs = 10_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  let outcome = await attempt(look);
  while ('error' in outcome && Date.now() < deadline) {
    await pause(LOOK_MS);
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
