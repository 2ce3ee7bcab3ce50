import type { Stack, StackOptions } from '../../tools/stack/src';
import { startStack } from '../../tools/stack/src';

/** A stack for the time of the work; nothing of it is left afterwards. */
export async function withStack<T>(
  options: StackOptions,
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stack = await startStack(options);
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}
