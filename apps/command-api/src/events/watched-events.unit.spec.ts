import { EVENT_CATEGORIES, refusalStream } from '@uplift/contracts';
import type { SubscribeToAllOptions } from '@uplift/event-store';
import { headOf, loadOrEmpty } from '@uplift/event-store';
import { InMemoryEventStore, sampleEvent } from '@uplift/event-store/testing';
import { Health } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { NewerEventsNoticed } from './newer-events';
import { KNOWN_TYPES, WatchedEvents } from './watched-events';

const STREAM = refusalStream('dddddddd-0000-4000-8000-000000000001');
const MINUTE = 60_000;

/** The twin, which tells who reads. */
class ReadStore extends InMemoryEventStore {
  begun = 0;
  open = 0;

  override async *subscribeToAll(options?: SubscribeToAllOptions) {
    this.begun += 1;
    this.open += 1;
    try {
      yield* super.subscribeToAll(options);
    } finally {
      this.open -= 1;
    }
  }

  async put(changes: Parameters<typeof sampleEvent>[1] = {}): Promise<bigint> {
    const known = await loadOrEmpty(this, STREAM);
    const event = sampleEvent(known.length, changes);
    return (await this.append(STREAM, headOf(known), [event])).position;
  }
}

const open: WatchedEvents[] = [];
afterEach(() => Promise.all(open.splice(0).map((watched) => watched.stop())));

function setUp() {
  const clock = new VirtualClock();
  const store = new ReadStore();
  const randomness = new SeededRandomness(1);
  const health = new Health(clock);
  health.markStarted();
  const watched = new WatchedEvents(store, { clock, randomness }, { clock, health });
  open.push(watched);
  const seen: bigint[] = [];
  const listener = { onEvent: ({ position }: { position: bigint }) => seen.push(position) };
  return { clock, store, health, watched, seen, listener };
}

describe('the events that clients watch', () => {
  it('are read by nobody while no client does', async () => {
    const { clock, store } = setUp();
    await store.put();
    await clock.advance(MINUTE);
    expect(store.begun).toBe(0);
  });

  it('are read once for all clients, from the moment on at which the first one comes', async () => {
    const { clock, store, watched, seen, listener } = setUp();
    await store.put();
    const both = [watched.join(), watched.join()];
    expect(both[0]?.tail).toBe(both[1]?.tail);
    await clock.advance(1);
    both[0]?.tail.add(listener);
    const position = await store.put();
    await clock.advance(1);
    expect([store.open, seen]).toEqual([1, [position]]);
  });

  it('are read for a while after the last client has gone, so that one can come again', async () => {
    const { clock, store, health, watched } = setUp();
    const both = [watched.join(), watched.join()];
    await clock.advance(1);
    both[0]?.leave();
    await clock.advance(MINUTE);
    expect(store.open).toBe(1);
    both[1]?.leave();
    await clock.advance(MINUTE / 4);
    const again = watched.join();
    expect(again.tail).toBe(both[0]?.tail);
    await clock.advance(MINUTE);
    expect([store.begun, store.open]).toEqual([1, 1]);
    again.leave();
    await clock.advance(MINUTE);
    expect(store.open).toBe(0);
    await clock.advance(10 * MINUTE);
    expect(health.liveness().ok).toBe(true);
  });

  it('are read anew for whoever comes later, from then on', async () => {
    const { clock, store, watched, seen, listener } = setUp();
    watched.join().leave();
    await clock.advance(MINUTE);
    await store.put();
    const { tail } = watched.join();
    tail.add(listener);
    await clock.advance(1);
    const position = await store.put();
    await clock.advance(1);
    expect(seen).toEqual([position]);
  });

  it('are not followed any more once the process stops, whoever comes', async () => {
    const { clock, store, watched } = setUp();
    await watched.stop();
    watched.join();
    await clock.advance(1);
    expect(store.open).toBe(0);
  });
});

describe('types that this build knows', () => {
  it('are those of all categories', () => {
    const types = Object.values(EVENT_CATEGORIES).map(({ schemas }) => Object.keys(schemas));
    expect([...KNOWN_TYPES].sort()).toEqual([...new Set(types.flat())].sort());
  });
});

describe('what a newer build has written', () => {
  const newer = { metadata: { ...sampleEvent(0).metadata, schemaVersion: 99 } };

  it.each<[string, (store: InMemoryEventStore) => Promise<unknown>]>([
    ['a whole stream', (store) => store.load(STREAM)],
    ['the end of a stream', (store) => store.loadLast(STREAM, 1)],
    ['the last event', (store) => store.lastOf(STREAM)],
  ])('is noticed in %s', async (_what, read) => {
    const store = new ReadStore();
    const noticing = new NewerEventsNoticed(store);
    await store.put();
    await read(noticing as unknown as InMemoryEventStore);
    expect(noticing.tooOldFor).toBeUndefined();
    await store.put(newer);
    await read(noticing as unknown as InMemoryEventStore);
    expect(noticing.tooOldFor).toContain(`v99 at ${STREAM}@1`);
  });
});
