import { randomUUID } from 'node:crypto';
import type { EventStore, EventToAppend, StreamHead } from '@uplift/event-store';
import { NO_STREAM } from '@uplift/event-store';
import { sampleEvent as sampleOf } from '@uplift/event-store/testing';

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
