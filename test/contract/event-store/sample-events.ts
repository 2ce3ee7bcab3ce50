import { randomUUID } from 'node:crypto';
import type { EventMetadata } from '@uplift/contracts';
import type { EventStore, EventToAppend, StreamHead } from '@uplift/event-store';
import { deterministicEventId, NO_STREAM } from '@uplift/event-store';

export const newStream = () => `instance-${randomUUID()}`;

export function metadata(): EventMetadata {
  return {
    $correlationId: 'upgrade-1',
    $causationId: 'command-1',
    actor: { type: 'system', id: 'contract-suite' },
    service: 'contract-suite',
    schemaVersion: 1,
  };
}

export function sampleEvent(n: number, data: object = { n }): EventToAppend {
  const id = deterministicEventId(randomUUID(), 'sample', n);
  return { id, type: 'SampleHappened', data, metadata: metadata() };
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
