import { encodeEvent, type BusMessage, type RelayProof, type StoredEvent } from '@uplift/contracts';
import { VirtualClock } from '@uplift/runtime/testing';
import { newestOnBus } from './divergence-watch';
import { NO_STREAM } from './event-store.port';
import { RelayedMessages } from './relayed-messages';
import { InMemoryEventStore } from './testing/in-memory.event-store';

const STREAM = 'instance-0b1c6c0e-0000-4000-8000-00000000000a';
const METADATA = {
  $correlationId: 'c',
  $causationId: 'c',
  actor: { type: 'system', id: 'spec' },
  service: 'spec',
  schemaVersion: 1,
} as const;
const idOf = (n: number) => `0b1c6c0e-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A store with some events of one type in one stream, and what the relay has published of them. */
async function storeAndBus(count: number) {
  const store = new InMemoryEventStore({ clock: new VirtualClock() });
  const written = Array.from({ length: count }, (_, n) => n).map((n) => {
    return { id: idOf(n), type: 'Noted', data: { n }, metadata: METADATA };
  });
  await store.append(STREAM, NO_STREAM, written);
  const events = await store.load(STREAM);
  const messages: BusMessage[] = [];
  const add = (event: StoredEvent, proof: RelayProof) => messages.push(encodeEvent(event, proof));
  events.forEach((event, n) => add(event, { ordinal: n + 1, epoch: 'e' }));
  const reads = { messages: 0, subjects: 0 };
  const at = (sequence: number) => {
    const message = messages[sequence - 1];
    return Promise.resolve(message ? { ...message, sequence } : null);
  };
  const bus = {
    isConnected: true,
    lastSequence: () => Promise.resolve(messages.length),
    messageAt: (sequence: number) => {
      reads.messages += 1;
      return at(sequence);
    },
    firstWith: (subject: string, from: number) => {
      reads.subjects += 1;
      return at(messages.findIndex((each, n) => n + 1 >= from && each.subject === subject) + 1);
    },
  };
  return { store, bus, events, add, reads };
}

it('passes over many forged beginnings of an epoch with few reads', async () => {
  const { store, bus, events, add, reads } = await storeAndBus(3);
  for (let n = 0; n < 14; n += 1) add(events[0]!, { ordinal: 1, epoch: `forged-${n}` });
  const { found, foreign } = await new RelayedMessages(bus, store).newest();
  expect([found?.message.sequence, foreign.length]).toEqual([3, 14]);
  expect(reads.messages).toBeLessThan(100);
});

it('is led in no circle by a gap that does not stand before its message', async () => {
  const { store, bus, events, add } = await storeAndBus(2);
  add(events[0]!, { ordinal: 1, epoch: 'x', gap: { first: 5, last: 9 } });
  add(events[1]!, { ordinal: 2, epoch: 'x' });
  const { found } = await new RelayedMessages(bus, store).newest();
  expect(found?.message.sequence).toBe(2);
});

it('tells of every earlier message of the subject that is looked at', async () => {
  const { store, bus } = await storeAndBus(50);
  const onStep = jest.fn();
  await new RelayedMessages(bus, store).newest({ onStep });
  expect(onStep.mock.calls.length).toBeGreaterThanOrEqual(50);
});

it('looks for no copies where the divergence watch asks', async () => {
  const { store, bus, reads } = await storeAndBus(50);
  const { found } = await newestOnBus(bus, store)(() => undefined);
  expect([found?.message.sequence, reads.subjects]).toEqual([50, 0]);
});
