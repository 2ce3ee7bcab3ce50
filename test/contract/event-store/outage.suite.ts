import {
  EsdbEventStore,
  EventStoreUnavailableError,
  NO_STREAM,
  StreamNotFoundError,
  verifyChain,
} from '@uplift/event-store';
import type { EventStore } from '@uplift/event-store';
import { AllReader, expectOnly } from './all-reader';
import type { CutLine } from './cut-line';
import { fill, newStream, sampleEvents, untilTaken } from './sample-events';

/** Less patience than by default: an outage is over soon here, or for good. */
const SHORT = { attemptMs: 500, totalMs: 1_500 };

const wasDown = (error: unknown): false => {
  if (error instanceof EventStoreUnavailableError) return false;
  throw error;
};

export function outageSuite(lineToServer: () => CutLine): void {
  describe('event store behind a line that breaks', () => {
    let line: CutLine;
    let connectionString: string;
    let store: EventStore;
    beforeEach(async () => {
      line = lineToServer();
      connectionString = await line.open();
      store = new EsdbEventStore({ connectionString, ...SHORT });
    });
    afterEach(async () => {
      await store.close();
      await line.cut();
    });

    it('says that the store is unavailable, whatever is asked', async () => {
      await line.cut();
      await expectOnly(EventStoreUnavailableError, store);
    });

    it('does not wait long once it has been away for longer than it may be', async () => {
      await line.cut();
      await store.load(newStream()).catch(wasDown);
      const other = new EsdbEventStore({ connectionString, ...SHORT });
      const told = (who: EventStore) =>
        who
          .load(newStream())
          .catch(wasDown)
          .then(() => who);
      expect(await Promise.race([told(other), told(store)])).toBe(store);
      await other.close();
      await line.open();
      await untilTaken(() => store.append(newStream(), NO_STREAM, sampleEvents(1)));
    });

    it('keeps the cause of the outage', async () => {
      await line.cut();
      const asked = store.load(newStream());
      await expect(asked).rejects.toMatchObject({ cause: { type: 'unavailable' } });
    });

    it('gives up on a store that does not answer within the deadline', async () => {
      const head = await fill(store, 'instance-warm', 0);
      await store.lastPosition();
      line.freeze();
      const asked = [
        store.append(newStream(), head, sampleEvents(1)),
        store.load(newStream()),
        store.lastPosition(),
      ];
      for (const answer of await Promise.allSettled(asked)) {
        expect(answer).toMatchObject({
          status: 'rejected',
          reason: {
            code: 'event-store-unavailable',
            message: expect.stringMatching(/did not answer/) as string,
          },
        });
      }
    });

    it('goes on with a live subscription behind a short outage, and says only that it is behind', async () => {
      const start = { after: (await store.lastPosition()) ?? 0n };
      const stream = newStream();
      const head = await fill(store, stream, 10);
      const reader = await new AllReader(store, start).until((r) => r.of(stream).length === 10);
      await reader.until((r) => r.caughtUp);
      await line.cut();
      await reader.until((r) => !r.caughtUp);
      await line.open();
      await untilTaken(() => store.append(stream, head, sampleEvents(5)));
      await reader.until((r) => r.of(stream).length === 15 && r.caughtUp);
      expect(verifyChain(reader.of(stream))).toMatchObject({ valid: true });
      expect(store.counters.resubscribed.lagging).toBe(0);
      expect(store.counters.interruptions).toBeGreaterThan(0);
      await reader.stop();
    });

    it('breaks a live subscription with an error when the store stays away, and a new one goes on', async () => {
      const stream = newStream();
      const head = await fill(store, stream, 10);
      const reader = await new AllReader(store).until((r) => r.caughtUp);
      await line.cut();
      await expect(reader.until(() => false)).rejects.toBeInstanceOf(EventStoreUnavailableError);
      await line.open();
      await untilTaken(() => store.append(stream, head, sampleEvents(5)));
      const again = new AllReader(store, { after: reader.events.at(-1)!.position });
      await again.until((r) => r.of(stream).length === 5);
      expect(verifyChain([...reader.of(stream), ...again.of(stream)])).toMatchObject({
        valid: true,
      });
      await again.stop();
    });

    it('notices a line over which nothing comes, and goes on over another one', async () => {
      const stream = newStream();
      const head = await fill(store, stream, 1);
      const reader = await new AllReader(store).until((r) => r.caughtUp);
      line.freeze();
      const appended = store.append(stream, head, sampleEvents(1));
      line.thaw();
      await appended;
      await reader.until((r) => r.of(stream).length === 2);
      expect(store.counters.resubscribed.silent).toBe(1);
      await reader.stop();
    });

    it('stores each of many appends exactly once through repeated outages', async () => {
      const streams = Array.from({ length: 100 }, newStream);
      const writing = streams.map(async (stream) => {
        const events = sampleEvents(2);
        await untilTaken(() => store.append(stream, NO_STREAM, events));
      });
      for (let outage = 0; outage < 4; outage += 1) {
        await Promise.race(writing.slice(outage * 20));
        await line.cut();
        await line.open();
      }
      await Promise.all(writing);
      const histories = await Promise.all(streams.map((stream) => store.load(stream)));
      expect(histories.every((events) => events.length === 2)).toBe(true);
    });

    it('tells a missing stream from a missing store', async () => {
      await expect(store.load(newStream())).rejects.toBeInstanceOf(StreamNotFoundError);
      await line.cut();
      await expect(store.load(newStream())).rejects.toBeInstanceOf(EventStoreUnavailableError);
    });
  });
}
