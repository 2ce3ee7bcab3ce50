import { setTimeout as timeout } from 'node:timers/promises';

/** Waits, but not longer than the signal allows. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await timeout(ms, undefined, { signal }).catch(() => undefined);
}
