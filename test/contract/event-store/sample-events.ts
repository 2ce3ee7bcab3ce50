import { randomUUID } from 'node:crypto';
import type { EventStore, EventToAppend, StreamHead } from '@uplift/event-store';
import { EventStoreUnavailableError, NO_STREAM } from '@uplift/event-store';
import { sampleEvent as sampleOf } from '@uplift/event-store/testing';
import { SHARED_STORE } from '../../support/own-store';

export const newStream = () => `instance-${randomUUID()}`;

/** A new one each time. */
export function sampleEvent(n: number, data: object = { n }): EventToAppend {
  return sampleOf(n, { id: randomUUID(), data });
}

export const sampleEvents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, n) => sampleEvent(first + n));

/** Appends `count` events, `perAppend` at a time, and returns the head. */
export async function fill(
  store: EventStore,
  stream: string,
  count: number,
  perAppend = 100,
): Promise<StreamHead> {
  let head = NO_STREAM;
  for (let first = 0; first < count; first += perAppend) {
    const events = sampleEvents(Math.min(perAppend, count - first), first);
    head = (await store.append(stream, head, events)).head;
  }
  return head;
}

/**
 * Repeats an append until the store has taken it, as every caller does who was told to come again: each try after all
 * else that is due, since one that is refused at once waits for nothing.
 */
export async function untilTaken(append: () => Promise<unknown>): Promise<void> {
  while (!(await append().then(() => true, isUnavailable))) await new Promise(setImmediate);
}

function isUnavailable(error: unknown): false {
  if (error instanceof EventStoreUnavailableError) return false;
  throw error;
}

/** Position of the newest event of ours, however many of others lie behind it. */
export async function newestOf(store: EventStore): Promise<bigint | null> {
  for (;;) {
    const position = await store.lastPosition().catch(goesOn);
    if (position !== undefined) return position;
  }
}

function goesOn(error: unknown): undefined {
  if (error instanceof EventStoreUnavailableError && error.message.includes('goes on'))
    return undefined;
  throw error;
}

/** As many as that, or more where others write into the same store. */
export function expectForeign(seen: number, count: number): void {
  if (SHARED_STORE === undefined) expect(seen).toBe(count);
  else expect(seen).toBeGreaterThanOrEqual(count);
}
