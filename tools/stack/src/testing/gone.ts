import { setTimeout as pause } from 'node:timers/promises';
import { isRunning } from '../process/process-info';

const LIMIT_MS = 10_000;
const LOOK_MS = 20;

/** Waits until none of the processes runs; answers those that still do at the limit. */
export async function survivors(pids: readonly number[]): Promise<number[]> {
  const deadline = Date.now() + LIMIT_MS;
  let left = [...pids];
  while (left.length > 0 && Date.now() < deadline) {
    await pause(LOOK_MS);
    left = left.filter(isRunning);
  }
  return left;
}
