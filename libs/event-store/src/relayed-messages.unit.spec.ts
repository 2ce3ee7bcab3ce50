import { DECISIONS_STREAM, type RelayProof } from '@uplift/contracts';
import { VirtualClock } from '@uplift/runtime/testing';
import { busBesideStore } from './divergence-watch';
import { NO_STREAM } from './event-store.port';
import { RelayedMessages, ResumePointLostError } from './relayed-messages';
import { InMemoryEventStore, InMemoryMessageLog, sampleEvent } from './testing';

const STREAM = 'instance-0b1c6c0e-0000-4000-8000-00000000000a';
const OTHER = 'instance-0b1c6c0e-0000-4000-8000-00000000000b';

async function storeAndBus(count: number, published = count) {
  const store = new InMemoryEventStore({ clock: new VirtualClock() });
  const written = Array.from({ length: count }, (_, n) => sampleEvent(n));
  await store.append(STREAM, NO_STREAM, written);
  const events = await store.load(STREAM);
  const bus = new InMemoryMessageLog(events.slice(0, published));
  return { store, bus, events };
}

it('passes over many forged beginnings of an epoch with few reads', async () => {
  const { store, bus, events } = await storeAndBus(3);
  for (let n = 0; n < 14; n += 1) bus.add(events[0]!, { ordinal: 1, epoch: `forged-${n}` });
  const { found, foreign } = await new RelayedMessages(bus, store).newest();
  expect([found?.message.sequence, foreign.length]).toEqual([3, 14]);
  expect(bus.reads.messages).toBeLessThan(100);
});

it('is led in no circle by a gap that does not stand before its message', async () => {
  const { store, bus, events } = await storeAndBus(2);
  bus.add(events[0]!, { ordinal: 1, epoch: 'x', gap: { first: 5, last: 9 } });
  bus.add(events[1]!, { ordinal: 2, epoch: 'x' });
  const { found } = await new RelayedMessages(bus, store).newest();
  expect(found?.message.sequence).toBe(2);
});

it('passes over a copy that takes the messages behind its original for a gap', async () => {
  const { store, bus, events } = await storeAndBus(10);
  bus.add(events[4]!, { ordinal: 5, epoch: 'epoch-1', gap: { first: 5, last: 10 } });
  const { found, foreign } = await new RelayedMessages(bus, store).newest();
  expect([found?.message.sequence, foreign.length]).toEqual([10, 1]);
});

it('tells of every earlier message of the subject that is looked at', async () => {
  const { store, bus } = await storeAndBus(50);
  const onStep = jest.fn();
  await new RelayedMessages(bus, store).newest({ onStep });
  expect(onStep.mock.calls.length).toBeGreaterThanOrEqual(50);
});

it('looks for no copies where the divergence watch asks', async () => {
  const { store, bus } = await storeAndBus(50);
  const { found } = await busBesideStore(bus, store).newest(() => undefined);
  expect([found?.message.sequence, bus.reads.subjects]).toEqual([50, 0]);
});

describe('where messages of the bus are gone', () => {
  const found = async (bus: InMemoryMessageLog, store: InMemoryEventStore, chained = 512) => {
    const newest = await new RelayedMessages(bus, store).newest({ chained });
    const { place, message, ...rest } = newest.found ?? {};
    return { place, at: message?.sequence, foreign: newest.foreign.length, ...rest };
  };

  it.each([[[8]], [[9]], [[5, 8]], [[4, 5, 6, 7, 8]], [[1]], [[1, 2, 3, 4, 5, 6, 7, 8, 9]]])(
    'goes on behind the newest: without %j of ten',
    async (gone) => {
      const { store, bus, events } = await storeAndBus(10);
      bus.remove(...gone);
      for (const chained of [1, 512]) {
        expect(await found(bus, store, chained)).toMatchObject({
          ...{ place: 'stored', at: 10, foreign: 0, after: events[9]!.position },
        });
      }
    },
  );

  it('says that the place is lost where it is the newest', async () => {
    const { store, bus } = await storeAndBus(10);
    bus.remove(10);
    await expect(found(bus, store)).rejects.toThrow(ResumePointLostError);
  });

  it('goes on behind events of a stream that was deleted', async () => {
    const { store, bus } = await storeAndBus(4);
    await store.append(OTHER, NO_STREAM, [sampleEvent(91), sampleEvent(92)]);
    const last = await store.append('instance-0b1c6c0e-0000-4000-8000-00000000000c', NO_STREAM, [
      sampleEvent(93),
    ]);
    const { events: all } = await store.readAll(null, 100);
    all.slice(4).forEach((event, n) => bus.add(event, { ordinal: n + 5 }));
    store.remove(OTHER, 'deleted');
    jest.spyOn(store, 'eventAt').mockResolvedValue(null);
    bus.remove(5);
    expect(await found(bus, store)).toMatchObject({ at: 7, foreign: 0, after: last.position });
  });

  it('goes on behind an event of a stream that was deleted, right behind the hole', async () => {
    const { store, bus, events } = await storeAndBus(4);
    await store.append(OTHER, NO_STREAM, [sampleEvent(91)]);
    bus.add((await store.lastOf(OTHER))!, { ordinal: 5 });
    store.remove(OTHER, 'deleted');
    jest.spyOn(store, 'eventAt').mockResolvedValue(null);
    const readAll = store.readAll.bind(store);
    jest.spyOn(store, 'readAll').mockImplementation(async (...args) => {
      const page = await readAll(...args);
      return { ...page, events: page.events.filter(({ stream }) => stream !== OTHER) };
    });
    bus.remove(4);
    const { position } = events[3]!;
    expect(await found(bus, store)).toMatchObject({ at: 5, foreign: 0, after: position });
  });

  /** An epoch of a store that had one event more, given up for the store as it is. */
  async function afterAnotherStore(decision: object | null) {
    const { store, bus, events } = await storeAndBus(3);
    const lost = await storeAndBus(4);
    bus.add(lost.events[3]!, { ordinal: 4 });
    if (decision) {
      const data = { requestedBy: 'operator-7', reason: 'restored', ...decision };
      const event = sampleEvent(90, { type: 'StoreAccepted', data });
      await store.append(DECISIONS_STREAM, NO_STREAM, [event]);
    }
    const { events: all } = await store.readAll(null, 10);
    all.forEach((event, n) => bus.add(event, { ordinal: n + 1, epoch: 'e2' }));
    bus.remove(4);
    return { store, bus, events };
  }

  it('goes on in an epoch that an operator let begin behind what is gone', async () => {
    const message = { epoch: 'epoch-1', sequence: 4, eventId: sampleEvent(3).id };
    const { store, bus } = await afterAnotherStore({ message });
    for (const gone of [4, 5, 6]) {
      bus.remove(gone);
      expect(await found(bus, store)).toMatchObject({ place: 'stored', at: 8, foreign: 0 });
    }
  });

  it.each([
    ['nobody let it begin', null],
    [
      'it was let begin elsewhere',
      { message: { epoch: 'epoch-1', sequence: 3, eventId: sampleEvent(3).id } },
    ],
    ['the decision cannot be read', { message: 'x' }],
  ])('passes over an epoch behind what is gone where %s', async (_why, decision) => {
    const { store, bus } = await afterAnotherStore(decision);
    expect(await found(bus, store)).toMatchObject({ place: 'stored', at: 3 });
  });

  it('finds the newest before a hole with few reads', async () => {
    const { store, bus } = await storeAndBus(1_000);
    for (let n = 20; n < 1_000; n += 1) bus.remove(n);
    expect(await found(bus, store, 1)).toMatchObject({ at: 1_000, foreign: 0 });
    expect(bus.reads.messages).toBeLessThan(100);
  });

  it('reads few of the events of a hole where the divergence watch asks', async () => {
    const { store, bus } = await storeAndBus(1_000);
    for (let n = 20; n < 1_000; n += 1) bus.remove(n);
    const readAll = jest.spyOn(store, 'readAll');
    const { found: newest } = await busBesideStore(bus, store).newest(() => undefined);
    expect(newest).toMatchObject({ place: 'stored', message: { sequence: 1_000 } });
    expect(readAll.mock.calls.length).toBeLessThanOrEqual(1);
  });

  /** Somebody leans a message on a hole. */
  const forgeries: readonly [string, RelayProof][] = [
    ['of another epoch', { ordinal: 4, epoch: 'x', gap: { first: 4, last: 10 } }],
    ['that begins an epoch', { ordinal: 1, epoch: 'x', gap: { first: 4, last: 10 } }],
    ['over messages of the relay', { ordinal: 4, epoch: 'epoch-1', gap: { first: 4, last: 10 } }],
    ['with a number too high', { ordinal: 99, epoch: 'epoch-1', gap: { first: 4, last: 10 } }],
    ['that begins an epoch without a gap', { ordinal: 1, epoch: 'x' }],
  ];
  it.each(forgeries)('passes over a message %s', async (_what, proof) => {
    for (const at of [0, 2, 3]) {
      const { store, bus, events } = await storeAndBus(10);
      bus.remove(3);
      bus.add(events[at]!, proof);
      expect(await found(bus, store)).toMatchObject({ place: 'stored', at: 10, foreign: 1 });
    }
  });

  it('passes over the beginning of an epoch whose gap is the whole bus', async () => {
    const { store, bus, events } = await storeAndBus(10);
    bus.add(events[0]!, { ordinal: 1, epoch: 'x', gap: { first: 1, last: 10 } });
    expect(await found(bus, store)).toMatchObject({ place: 'stored', at: 10, foreign: 1 });
  });

  /** The relay has published ten of twenty events, and its last messages are gone; somebody adds one of event `of`. */
  async function forgedBehindHole(gone: number[], of: number, proof: Omit<RelayProof, 'epoch'>) {
    const { store, bus, events } = await storeAndBus(20, 10);
    bus.remove(...gone);
    bus.add(events[of - 1]!, proof);
    return found(bus, store);
  }

  it.each([
    ['skips events', [10], 15, 11],
    ['skips one event', [9, 10], 13, 12],
    ['is older than those before it', [10], 3, 11],
    ['has a number that there is no room for', [10], 15, 15],
    ['is the next event, with a number too high', [10], 10, 11],
  ])('passes over a message behind the hole that %s', async (_what, gone, of, ordinal) => {
    const at = 10 - gone.length;
    expect(await forgedBehindHole(gone, of, { ordinal })).toMatchObject({ place: 'stored', at });
  });

  it('takes what continues the messages that are gone, as the relay would', async () => {
    const next = await forgedBehindHole([9, 10], 11, { ordinal: 11 });
    expect(next).toMatchObject({ place: 'stored', at: 11, foreign: 0 });
  });

  it('passes over a message where nothing before it is left, unless it fits', async () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    for (const [of, ordinal] of [
      [15, 11],
      [15, 15],
      [12, 11],
    ] as const) {
      expect(await forgedBehindHole(all, of, { ordinal })).toMatchObject({ foreign: 1 });
    }
    const fitting = await forgedBehindHole(all, 11, { ordinal: 11 });
    expect(fitting).toMatchObject({ place: 'stored', at: 11, foreign: 0 });
  });

  it('passes over the first message of the bus if it is not the first of an epoch', async () => {
    const { store, bus, events } = await storeAndBus(9, 0);
    bus.add(events[4]!, { ordinal: 5 });
    expect(await found(bus, store)).toMatchObject({ place: undefined, foreign: 1 });
  });

  it('finds what the store lacks before a hole with something of the store behind it', async () => {
    const { store, events } = await storeAndBus(8);
    const { bus } = await storeAndBus(9);
    for (const ordinal of [10, 11]) bus.add(events[4]!, { ordinal });
    bus.remove(10);
    expect(await found(bus, store)).toMatchObject({ place: 'lacking', at: 9, foreign: 1 });
  });

  it('goes on behind the newest of the relay where those of others are gone', async () => {
    const { store, bus, events } = await storeAndBus(20, 10);
    for (let n = 0; n < 5; n += 1) bus.add(events[0]!, { ordinal: 1, epoch: 'x' });
    bus.remove(13);
    expect(await found(bus, store)).toMatchObject({ place: 'stored', at: 10, foreign: 4 });
  });
});
