import { setImmediate as nextTurn } from 'node:timers/promises';

/** Asks again and again until the answer is yes; the time limit is the test's own. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await nextTurn();
}
