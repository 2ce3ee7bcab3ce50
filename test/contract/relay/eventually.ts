import { setImmediate as nextTurn } from 'node:timers/promises';

const LIMIT_MS = 15_000;

/** Asks again and again until the answer is yes. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  describe: () => unknown = () => '',
): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > limit)
      throw new Error(`Not within ${LIMIT_MS} ms: ${JSON.stringify(describe())}`);
    await nextTurn();
  }
}
