import { setTimeout as wait } from 'node:timers/promises';

/** Waits, unless the process is asked to stop: then it throws the signal's reason at once. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal });
}
