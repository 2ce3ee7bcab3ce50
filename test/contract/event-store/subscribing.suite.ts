import { DEFAULT_MAX_BATCH, NO_STREAM, verifyChain } from '@uplift/event-store';
import type { EventStore, SubscribeToAllOptions } from '@uplift/event-store';
import { AllReader } from './all-reader';
import { SHARED_STORE } from '../../support/own-store';
import { fill, newestOf, newStream, sampleEvents } from './sample-events';

export function subscribingSuite(open: () => EventStore): void {
  let store: EventStore;
  let readers: AllReader[];
  const subscribe = (options?: SubscribeToAllOptions) => {
    const reader = new AllReader(store, options);
    readers.push(reader);
    return reader;
  };
  const end = async () => ({ after: (await newestOf(store)) ?? 0n });

  beforeEach(() => {
    store = open();
    readers = [];
  });
  afterEach(() => Promise.all(readers.map((reader) => reader.stop())));

  describe('subscribe to all', () => {
    it('brings every event from the first on, in store order, then says that it caught up', async () => {
      const streams = [newStream(), newStream(), newStream()];
      await Promise.all(streams.map((stream) => fill(store, stream, 400, 7)));
      const { events, ...reader } = await subscribe().until(({ caughtUp }) => caughtUp);
      expect(reader.caughtUp).toBe(true);
      expect(events.at(-1)?.position).toBe(await store.lastPosition());
      expect(events.every(({ position }, n) => n === 0 || position > events[n - 1]!.position)).toBe(
        true,
      );
      for (const stream of streams) {
        expect(events.filter((event) => event.stream === stream)).toEqual(await store.load(stream));
      }
    });

    it("leaves out the store's own events", async () => {
      await fill(store, newStream(), 1);
      const { events } = await subscribe().until(({ caughtUp }) => caughtUp);
      const own = events.filter(({ type, stream }) => `${type} ${stream}`.includes('$'));
      expect(own).toEqual([]);
    });

    it('starts after the position given', async () => {
      const stream = newStream();
      const head = await fill(store, stream, 3);
      const [, second] = await store.load(stream);
      const reader = await subscribe({ after: second!.position }).until((r) => r.caughtUp);
      expect(reader.events[0]).toMatchObject({ stream, revision: 2 });
      expect(reader.events).toHaveLength(1);
      expect(head.revision).toBe(2);
    });

    it('says at once that it caught up when there is nothing to read', async () => {
      const nothing = { events: [], foreign: 0, caughtUp: true };
      const start = await end();
      if (SHARED_STORE === undefined) {
        expect(await subscribe(start).next()).toMatchObject(nothing);
      } else {
        expect((await subscribe(start).until((r) => r.caughtUp)).events).toEqual([]);
      }
    });

    it('never says that it caught up before the last event that was there', async () => {
      const start = await end();
      const stream = newStream();
      await fill(store, stream, 2_000, 250);
      const reader = await subscribe({ ...start, maxBatch: 10 }).until((r) => r.caughtUp);
      expect(reader.of(stream)).toHaveLength(2_000);
    });

    it('brings live events as they are appended, and stays caught up', async () => {
      const reader = await subscribe(await end()).until((r) => r.caughtUp);
      const stream = newStream();
      let head = NO_STREAM;
      for (let n = 0; n < 20; n += 1) {
        ({ head } = await store.append(stream, head, sampleEvents(2)));
        await reader.until((r) => r.of(stream).length === 2 * (n + 1));
        expect(reader.caughtUp).toBe(true);
      }
      expect(verifyChain(reader.of(stream))).toEqual({ valid: true, head });
    });

    it('misses nothing and repeats nothing while it catches up beside busy writers', async () => {
      const start = await end();
      const before = newStream();
      await fill(store, before, 1_000, 250);
      const reader = subscribe({ ...start, maxBatch: 50 });
      const live = Array.from({ length: 10 }, newStream);
      const writing = Promise.all(live.map((stream) => fill(store, stream, 50, 2)));
      await reader.until((r) => r.events.length === 1_500);
      await writing;
      for (const stream of [before, ...live]) {
        expect(reader.of(stream)).toEqual(await store.load(stream));
      }
    });

    it('never gives more than the batch size', async () => {
      const start = await end();
      await fill(store, newStream(), 3_000, 500);
      const sizes: number[] = [];
      const small = subscribe({ ...start, maxBatch: 7 });
      while (small.events.length < 500) sizes.push((await small.next())!.events.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
      const usual = subscribe(start);
      while (!usual.caughtUp) sizes.push((await usual.next())!.events.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(DEFAULT_MAX_BATCH);
    });

    it('hands on a whole batch while it is asked to gather, and nothing once it has ended', async () => {
      const gather = () => new Promise<void>(() => undefined);
      const reader = subscribe({ ...(await end()), maxBatch: 4, gather });
      await reader.until((r) => r.caughtUp);
      const stream = newStream();
      const head = await fill(store, stream, 2);
      const whole = reader.next();
      await store.append(stream, head, sampleEvents(3, 2));
      expect((await whole)?.events).toHaveLength(4);
      const rest = reader.next();
      await reader.stop();
      expect(await rest).toBeUndefined();
    });

    it('hands on less than a batch when it has gathered for long enough', async () => {
      const gather = jest.fn(() => Promise.resolve());
      const reader = subscribe({ ...(await end()), gather });
      await reader.until((r) => r.caughtUp);
      const stream = newStream();
      await fill(store, stream, 2);
      await reader.until((r) => r.of(stream).length === 2);
      expect(gather).toHaveBeenCalled();
    });

    it('waits for a slow reader and then goes on without a gap', async () => {
      const start = await end();
      const stream = newStream();
      const reader = subscribe({ ...start, maxBatch: 16 });
      await reader.next();
      await fill(store, stream, 3_000, 300);
      await reader.until((r) => r.of(stream).length === 3_000);
      expect(reader.of(stream).every(({ revision }, n) => revision === n)).toBe(true);
    });

    it('serves several readers at their own pace', async () => {
      const start = await end();
      const stream = newStream();
      await fill(store, stream, 300);
      const all = [1, 16, 512].map((maxBatch) => subscribe({ ...start, maxBatch }));
      await Promise.all(all.map((reader) => reader.until((r) => r.of(stream).length === 300)));
      expect(all.map((reader) => reader.events.length)).toEqual([300, 300, 300]);
    });

    it('ends quietly when it is aborted while it waits', async () => {
      const abort = new AbortController();
      const batches = store.subscribeToAll({ ...(await end()), signal: abort.signal });
      const seen: number[] = [];
      const reading = (async () => {
        for await (const { events } of batches) {
          seen.push(events.length);
          abort.abort();
        }
      })();
      await reading;
      expect(seen).toEqual([0]);
    });

    it('gives nothing when it was aborted before it began', async () => {
      const batches = store.subscribeToAll({ signal: AbortSignal.abort() });
      expect(await batches[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    });

    it('can be left by the reader in the middle', async () => {
      await fill(store, newStream(), 50);
      for await (const { events } of store.subscribeToAll({ maxBatch: 5 })) {
        if (events.length > 0) break;
      }
      expect(await store.lastPosition()).not.toBeNull();
    });
  });
}
