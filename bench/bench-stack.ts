import type { EventStore } from '@uplift/event-store';
import { EsdbEventStore } from '@uplift/event-store';
import type { StackOptions } from '../tools/stack/src';
import { Stack } from '../tools/stack/src';
import type { BenchOptions } from './bench.options';
import { profileSettings } from './record-profile';
import { resultsFolder } from './report/results-file';

/** Settings of a process that writes a CPU profile if the options say so. */
export function profiled(
  { profile }: Pick<BenchOptions, 'profile'>,
  name: string,
): Readonly<Record<string, string>> {
  return profile.includes(name) ? profileSettings(name, resultsFolder()) : {};
}

let store: string | undefined;

/** From now on every stack uses somebody else's event store. */
export function useStore(connectionString: string): void {
  store = connectionString;
}

/** A stack for the time of the work; nothing of it is left afterwards, but for what is in somebody else's store. */
export async function withStack<T>(
  options: StackOptions,
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stack = await Stack.start({ ...options, ...(store === undefined ? {} : { store }) });
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

export async function withStore<T>(
  stack: Stack,
  work: (store: EventStore) => Promise<T>,
): Promise<T> {
  const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
