import type { StoredEvent } from '@uplift/contracts';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import type { BusBesideStore } from './divergence-watch';
import {
  busBesideStore as besideStore,
  DivergenceWatch,
  StoreDivergedError,
} from './divergence-watch';
import {
  AppendNotTriedError,
  EventStoreUnavailableError,
  headOf,
  NO_INTERRUPTIONS,
  NO_STREAM,
} from './event-store.port';
import type { EventStore } from './event-store.port';
import { GuardedEventStore } from './guarded.event-store';
import { InMemoryEventStore, InMemoryMessageLog, SAMPLE_METADATA, sampleEvent } from './testing';

const EPOCH = 'epoch-1';
const STREAM = 'instance-0b1c6c0e-0000-4000-8000-00000000000a';
const OTHER_STREAM = 'instance-0b1c6c0e-0000-4000-8000-00000000000b';
const NOTHING = () => Promise.resolve({ found: null });

/** A store with events 0 to n-1. */
async function storeWith(count: number): Promise<EventStore> {
  const store = new InMemoryEventStore({ clock: new VirtualClock() });
  for (let n = 0; n < count; n += 1) await appendTo(store, n);
  return store;
}

async function appendTo(store: EventStore, n: number) {
  const events = n === 0 ? [] : await store.load(STREAM);
  return store.append(STREAM, n === 0 ? NO_STREAM : headOf(events), [sampleEvent(n)]);
}

async function lastOf(store: EventStore): Promise<StoredEvent> {
  const last = await store.lastOf(STREAM);
  if (last === null) throw new Error('no event');
  return last;
}

/** What the relay has published of events 0 to n-1. */
async function busWith(count: number): Promise<InMemoryMessageLog> {
  return new InMemoryMessageLog(count === 0 ? [] : await (await storeWith(count)).load(STREAM));
}

describe('the watch over store and bus', () => {
  async function setUp(count: number, compared: (store: EventStore) => Partial<BusBesideStore>) {
    const clock = new VirtualClock();
    const randomness = new SeededRandomness(1);
    const store = await storeWith(count);
    let beats = 0;
    const onBeat = () => void (beats += 1);
    const bus = {
      newest: NOTHING,
      placeOf: () => Promise.resolve('lacking' as const),
      ...compared(store),
    };
    const resolved = jest.fn();
    const watch = new DivergenceWatch(bus, { clock, randomness, onBeat, onResolved: resolved });
    const beatsIn = async (ms: number) => {
      const before = beats;
      await clock.advance(ms);
      return beats - before;
    };
    const guarded = new GuardedEventStore(store, watch);
    /** The append of event n, after the second look that is needed to refuse it. */
    const appended = async (n: number) => {
      const appending = Promise.allSettled([appendTo(guarded, n)]);
      await clock.advance(1_000);
      const [outcome] = await appending;
      if (outcome.status === 'rejected') throw outcome.reason;
    };
    return { store, watch, clock, beatsIn, guarded, appended, resolved };
  }
  const beside = async (stored: number, published: number) => {
    const bus = { now: await busWith(published) };
    const watched = await setUp(stored, (store) => ({
      newest: (onStep) => besideStore(bus.now, store).newest(onStep),
      placeOf: (message) => besideStore(bus.now, store).placeOf(message),
    }));
    return { ...watched, bus };
  };

  it('lets appends pass while the store has what the bus has, and while the bus is empty', async () => {
    const same = await beside(2, 2);
    await appendTo(same.guarded, 2);
    const empty = await beside(0, 0);
    await appendTo(empty.guarded, 0);
    expect([same.watch.diverged, empty.watch.diverged]).toEqual([null, null]);
  });

  it.each([
    [3, 'the last event is missing'],
    [2, 'several are missing'],
    [1, 'all but one are missing'],
  ])('refuses appends to a copy of %d events: %s', async (stored) => {
    const { watch, appended } = await beside(stored, 4);
    await expect(appended(stored)).rejects.toThrow(StoreDivergedError);
    expect(watch.diverged).toMatchObject({ sequence: stored + 1 });
  });

  it('refuses appends where another event stands in the place of that of the bus', async () => {
    const { watch, appended, store } = await beside(2, 3);
    await store.append(STREAM, headOf(await store.load(STREAM)), [sampleEvent(7)]);
    await expect(appended(3)).rejects.toThrow(StoreDivergedError);
    expect(watch.diverged).toMatchObject({ sequence: 3 });
  });

  it('refuses appends to an older copy, names the message, and lets them pass when it is resolved', async () => {
    const { watch, guarded, bus, appended, resolved } = await beside(2, 3);
    await expect(appended(2)).rejects.toThrow(StoreDivergedError);
    const { id: eventId } = await lastOf(await storeWith(3));
    expect(watch.diverged).toEqual({ epoch: EPOCH, sequence: 3, eventId });
    expect(await guarded.load(STREAM)).toHaveLength(2);
    expect(resolved).not.toHaveBeenCalled();
    bus.now = await busWith(2);
    await appendTo(guarded, 2);
    expect(watch.diverged).toBeNull();
    expect(resolved).toHaveBeenCalledTimes(1);
  });

  it('beats while the bus is away, and not while a look never ends', async () => {
    const away = await setUp(1, () => ({
      newest: () => Promise.reject(new Error('no answer')),
    }));
    away.watch.start();
    expect(await away.beatsIn(60_000)).toBeGreaterThanOrEqual(60);
    await away.watch.stop();
    const stuck = await setUp(1, () => ({ newest: () => new Promise(() => undefined) }));
    stuck.watch.start();
    expect(await stuck.beatsIn(60_000)).toBe(0);
    const stopped = stuck.watch.stop();
    await stuck.clock.advance(1_000);
    await stopped;
  });

  it('lets none of many appends at once pass before the first look has ended', async () => {
    const { guarded, clock } = await beside(2, 3);
    const appending = Promise.allSettled([2, 2, 2, 2].map((n) => appendTo(guarded, n)));
    await clock.advance(1_000);
    const outcomes = await appending;
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  });

  it('looks again before the next append when the store was away, also between two looks', async () => {
    const { watch, guarded, store, bus, appended } = await beside(2, 2);
    await watch.look();
    bus.now = await busWith(3);
    jest.spyOn(store, 'load').mockRejectedValueOnce(new EventStoreUnavailableError('away'));
    await expect(guarded.load(STREAM)).rejects.toThrow('away');
    await expect(appended(2)).rejects.toThrow(StoreDivergedError);
  });

  it('looks no more often for appends that were not sent', async () => {
    const { watch, guarded, store } = await beside(2, 2);
    await watch.look();
    const doubted = jest.spyOn(watch, 'doubt');
    const notSent = new AppendNotTriedError('it takes no events');
    jest.spyOn(store, 'append').mockRejectedValueOnce(notSent);
    await expect(appendTo(guarded, 2)).rejects.toBe(notSent);
    expect(doubted).not.toHaveBeenCalled();
  });

  it('is in doubt after a read that the store answered late, for whoever asks without an append', async () => {
    const { watch, guarded, store, bus, clock } = await beside(2, 2);
    await watch.look();
    bus.now = await busWith(3);
    await guarded.load(STREAM);
    await watch.assertSame();
    const counters = { ...store.counters, interruptions: 1 };
    jest.spyOn(store, 'counters', 'get').mockReturnValue(counters);
    await guarded.load(STREAM);
    const refused = expect(watch.assertSame()).rejects.toThrow(StoreDivergedError);
    await clock.advance(1_000);
    await refused;
  });

  it.each([
    ['does not answer', () => Promise.reject(new Error('not connected'))],
    ['never answers', () => new Promise<never>(() => undefined)],
  ])('changes nothing while the bus %s', async (_what, newest) => {
    const { guarded, watch, clock } = await setUp(1, () => ({ newest }));
    const appending = appendTo(guarded, 1);
    await clock.advance(1_000);
    await appending;
    expect(watch.diverged).toBeNull();
  });

  it.each([
    ['of nowhere', { revision: 57 }],
    [
      'with a hash of zeros',
      { revision: 3, metadata: { ...SAMPLE_METADATA, hash: '0'.repeat(64) } },
    ],
  ])('is not moved by a forged message %s', async (_what, changes) => {
    for (const stored of [2, 3]) {
      const { watch, bus, clock } = await beside(stored, 3);
      const looking = watch.look();
      await clock.advance(1_000);
      await looking;
      const { diverged } = watch;
      const forged = { ...(await lastOf(await storeWith(3))), id: sampleEvent(9).id, ...changes };
      bus.now.add(forged, { ordinal: 4 });
      await watch.look();
      expect(watch.diverged).toEqual(diverged);
    }
  });

  it('looks every few seconds until it is stopped', async () => {
    const newest = jest.fn(() => Promise.resolve({ found: null }));
    const { watch, clock } = await setUp(0, () => ({ newest }));
    watch.start();
    await clock.advance(60_000);
    expect(newest.mock.calls.length).toBeGreaterThanOrEqual(8);
    expect(newest.mock.calls.length).toBeLessThanOrEqual(13);
    await watch.stop();
    await clock.advance(60_000);
    expect(newest.mock.calls.length).toBeLessThanOrEqual(13);
  });

  it('asks a store that may be behind once more before it says that it lacks something', async () => {
    const { watch, store, clock, guarded } = await beside(2, 3);
    const { possibleChanges } = watch;
    const looking = watch.look();
    await clock.advance(500);
    const appending = guarded.append(`${STREAM}b`, NO_STREAM, [sampleEvent(9)]);
    await appendTo(store, 2);
    await clock.advance(500);
    await Promise.all([looking, appending]);
    expect([watch.diverged, watch.possibleChanges]).toEqual([null, possibleChanges]);
  });

  it('finds what an older copy lacks where the newest event was written anew meanwhile', async () => {
    const { watch, store, bus, clock, guarded } = await beside(1, 0);
    const whole = await storeWith(2);
    await whole.append(OTHER_STREAM, NO_STREAM, [sampleEvent(9)]);
    bus.now = new InMemoryMessageLog((await whole.readAll(null, 3)).events);
    const looking = watch.look();
    await clock.advance(500);
    await store.append(OTHER_STREAM, NO_STREAM, [sampleEvent(9)]);
    const refused = expect(appendTo(guarded, 1)).rejects.toThrow(StoreDivergedError);
    await clock.advance(2_000);
    await Promise.all([looking, refused]);
    expect(watch.diverged).toMatchObject({ sequence: 2 });
  });

  it('counts each time that the store may have become another one, whatever a look finds then', async () => {
    const { watch, guarded, store } = await beside(2, 2);
    await watch.look();
    const { possibleChanges } = watch;
    jest.spyOn(store, 'counters', 'get').mockReturnValue({ ...NO_INTERRUPTIONS, interruptions: 1 });
    await guarded.append(`${STREAM}b`, NO_STREAM, [sampleEvent(9)]);
    expect([watch.diverged, watch.possibleChanges]).toEqual([null, possibleChanges + 1]);
  });

  it('has appends wait for the look that seems to find something, whoever asked for it', async () => {
    const { watch, guarded, store, bus, clock } = await beside(2, 2);
    await watch.look();
    bus.now = await busWith(3);
    const looking = watch.look();
    await clock.advance(0);
    const append = jest.spyOn(store, 'append');
    const refused = expect(appendTo(guarded, 2)).rejects.toThrow(StoreDivergedError);
    await clock.advance(1_000);
    await Promise.all([looking, refused]);
    expect(append).not.toHaveBeenCalled();
  });

  it.each([
    ['goes on', 4_000, 'refused'],
    ['takes too long', 9_000, 'stored'],
  ])('has an append wait for a look that %s', async (_what, tookMs, expected) => {
    const { found } = await besideStore(await busWith(3), await storeWith(2)).newest(
      () => undefined,
    );
    const clocks: VirtualClock[] = [];
    const { guarded, clock } = await setUp(2, () => ({
      newest: async (onStep) => {
        for (let ms = 0; ms < tookMs - 1_000; ms += 500) {
          await clocks[0]!.idle(500);
          onStep();
        }
        return { found };
      },
    }));
    clocks.push(clock);
    const appending = appendTo(guarded, 2).then(
      () => 'stored',
      () => 'refused',
    );
    await clock.advance(5_000);
    expect(await appending).toBe(expected);
  });

  it('looks again where the doubt came while a look was under way', async () => {
    const { found } = await besideStore(await busWith(3), await storeWith(2)).newest(
      () => undefined,
    );
    const newest = jest.fn(() => Promise.resolve({ found })).mockResolvedValueOnce(await NOTHING());
    const { watch, appended } = await setUp(2, () => ({ newest }));
    const looking = watch.look();
    watch.doubt();
    await expect(appended(2)).rejects.toThrow(StoreDivergedError);
    await looking;
  });
});
