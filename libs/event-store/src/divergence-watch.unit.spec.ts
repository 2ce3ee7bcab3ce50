import type { StoredEvent } from '@uplift/contracts';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import type { NewestOnBus } from './divergence-watch';
import { DivergenceWatch, placeInStore, StoreDivergedError } from './divergence-watch';
import { EventStoreUnavailableError, headOf, NO_STREAM } from './event-store.port';
import type { EventStore, EventToAppend } from './event-store.port';
import { GuardedEventStore } from './guarded.event-store';
import { InMemoryEventStore } from './testing/in-memory.event-store';

const STREAM = 'instance-0b1c6c0e-0000-4000-8000-00000000000a';
const METADATA = {
  $correlationId: 'c',
  $causationId: 'c',
  actor: { type: 'system', id: 'spec' },
  service: 'spec',
  schemaVersion: 1,
} as const;
const eventOf = (n: number): EventToAppend => ({
  id: `0b1c6c0e-0000-4000-8000-${String(n).padStart(12, '0')}`,
  type: 'Noted',
  data: { n },
  metadata: METADATA,
});

/** A store with events 0 to n-1. */
async function storeWith(count: number): Promise<EventStore> {
  const store = new InMemoryEventStore({ clock: new VirtualClock() });
  for (let n = 0; n < count; n += 1) await appendTo(store, n);
  return store;
}

async function appendTo(store: EventStore, n: number) {
  const events = n === 0 ? [] : await store.load(STREAM);
  return store.append(STREAM, n === 0 ? NO_STREAM : headOf(events), [eventOf(n)]);
}

async function lastOf(store: EventStore): Promise<StoredEvent> {
  const last = await store.lastOf(STREAM);
  if (last === null) throw new Error('no event');
  return last;
}

describe('the place of an event of the bus in the store', () => {
  it('is where the store has it', async () => {
    const store = await storeWith(3);
    expect(await placeInStore(store, await lastOf(store))).toBe('stored');
  });

  it.each([
    [1, 'the last event is missing'],
    [2, 'several are missing'],
    [3, 'the stream is missing'],
  ])('is lacking in a copy that is %d events older: %s', async (lost) => {
    const event = await lastOf(await storeWith(3));
    expect(await placeInStore(await storeWith(3 - lost), event)).toBe('lacking');
  });

  it('is nowhere for an event whose hash does not follow', async () => {
    const store = await storeWith(3);
    const event = await lastOf(store);
    const metadata = { ...event.metadata, hash: '0'.repeat(64) };
    const next = { ...event, id: eventOf(9).id, revision: 3, metadata };
    expect(await placeInStore(store, next)).toBe('forged');
    expect(await placeInStore(store, { ...event, metadata })).toBe('forged');
    expect(await placeInStore(await storeWith(0), { ...event, revision: 0, metadata })).toBe(
      'forged',
    );
  });

  it('is lacking where another event stands at its revision', async () => {
    const copy = await storeWith(2);
    const event = await lastOf(await storeWith(3));
    await copy.append(STREAM, headOf(await copy.load(STREAM)), [eventOf(7)]);
    expect(await placeInStore(copy, event)).toBe('lacking');
  });
});

describe('the watch over store and bus', () => {
  async function setUp(count: number, newest: NewestOnBus) {
    const clock = new VirtualClock();
    const randomness = new SeededRandomness(1);
    const store = await storeWith(count);
    let beats = 0;
    const onBeat = () => void (beats += 1);
    const watch = new DivergenceWatch(store, newest, { clock, randomness, onBeat });
    const beatsIn = async (ms: number) => {
      const before = beats;
      await clock.advance(ms);
      return beats - before;
    };
    return { store, watch, clock, beatsIn, guarded: new GuardedEventStore(store, watch) };
  }
  const onBus = (event: StoredEvent) => ({ event, epoch: 'epoch-1', sequence: 3 });

  it('lets appends pass while the store has what the bus has, and while the bus is empty', async () => {
    const newest = await lastOf(await storeWith(2));
    const same = await setUp(2, () => Promise.resolve(onBus(newest)));
    await appendTo(same.guarded, 2);
    const empty = await setUp(0, () => Promise.resolve(null));
    await appendTo(empty.guarded, 0);
    expect([same.watch.diverged, empty.watch.diverged]).toEqual([null, null]);
  });

  it('refuses appends to an older copy, names the message, and lets them pass when it is resolved', async () => {
    let newest = await lastOf(await storeWith(3));
    const { watch, guarded, store } = await setUp(2, () => Promise.resolve(onBus(newest)));
    await expect(appendTo(guarded, 2)).rejects.toThrow(StoreDivergedError);
    expect(watch.diverged).toEqual({ epoch: 'epoch-1', sequence: 3, eventId: newest.id });
    expect(await guarded.load(STREAM)).toHaveLength(2);
    newest = await lastOf(store);
    await appendTo(guarded, 2);
    expect(watch.diverged).toBeNull();
  });

  it('beats while the bus is away, and not while a look never ends', async () => {
    const away = await setUp(1, () => Promise.reject(new Error('no answer')));
    away.watch.start();
    expect(await away.beatsIn(60_000)).toBeGreaterThanOrEqual(60);
    await away.watch.stop();
    const stuck = await setUp(1, () => new Promise(() => undefined));
    stuck.watch.start();
    expect(await stuck.beatsIn(60_000)).toBe(0);
    const stopped = stuck.watch.stop();
    await stuck.clock.advance(1_000);
    await stopped;
  });

  it('looks again before the next append when the store was away, also between two looks', async () => {
    const newest = { at: await lastOf(await storeWith(2)) };
    const { watch, guarded, store } = await setUp(2, () => Promise.resolve(onBus(newest.at)));
    await watch.look();
    newest.at = await lastOf(await storeWith(3));
    jest.spyOn(store, 'load').mockRejectedValueOnce(new EventStoreUnavailableError('away'));
    await expect(guarded.load(STREAM)).rejects.toThrow('away');
    await expect(appendTo(guarded, 2)).rejects.toThrow(StoreDivergedError);
  });

  it.each([
    ['does not answer', () => Promise.reject(new Error('not connected'))],
    ['never answers', () => new Promise<null>(() => undefined)],
  ])('changes nothing while the bus %s', async (_what, newest) => {
    const { guarded, watch, clock } = await setUp(1, newest);
    const appending = appendTo(guarded, 1);
    await clock.advance(1_000);
    await appending;
    expect(watch.diverged).toBeNull();
  });

  it('keeps its verdict behind a forged message', async () => {
    let newest = await lastOf(await storeWith(3));
    const { watch } = await setUp(2, () => Promise.resolve(onBus(newest)));
    await watch.look();
    newest = { ...newest, metadata: { ...newest.metadata, hash: '0'.repeat(64) } };
    await watch.look();
    expect(watch.diverged).not.toBeNull();
  });

  it('looks every few seconds until it is stopped', async () => {
    const newest = jest.fn(() => Promise.resolve(null));
    const { watch, clock } = await setUp(0, newest);
    watch.start();
    await clock.advance(60_000);
    expect(newest.mock.calls.length).toBeGreaterThanOrEqual(8);
    expect(newest.mock.calls.length).toBeLessThanOrEqual(13);
    await watch.stop();
    await clock.advance(60_000);
    expect(newest.mock.calls.length).toBeLessThanOrEqual(13);
  });
});
