import {
  EsdbEventStore,
  EventStoreUnavailableError,
  NO_STREAM,
  StreamNotFoundError,
  verifyChain,
} from '@uplift/event-store';
import type { EventStore } from '@uplift/event-store';
import { AllReader } from './all-reader';
import { CutLine } from './cut-line';
import { fill, newStream, sampleEvents } from './sample-events';

const SHORT_MS = 1_000;

const wasDown = (error: unknown): false => {
  if (error instanceof EventStoreUnavailableError) return false;
  throw error;
};

/** Appends the same events until the store has answered. */
async function untilStored(append: () => Promise<unknown>): Promise<void> {
  while (!(await append().then(() => true, wasDown)));
}

export function outageSuite(serverPort: () => number): void {
  describe('event store behind a line that breaks', () => {
    let line: CutLine;
    let connectionString: string;
    let store: EventStore;
    beforeEach(async () => {
      line = new CutLine(serverPort());
      connectionString = await line.open();
      store = new EsdbEventStore({ connectionString });
    });
    afterEach(async () => {
      await store.close();
      await line.cut();
    });

    it('says that the store is unavailable, whatever is asked', async () => {
      await line.cut();
      const asked = [
        store.append(newStream(), NO_STREAM, sampleEvents(1)),
        store.load(newStream()),
        store.lastPosition(),
        new AllReader(store).next(),
      ];
      for (const answer of asked) {
        await expect(answer).rejects.toBeInstanceOf(EventStoreUnavailableError);
      }
    });

    it('keeps the cause of the outage', async () => {
      await line.cut();
      const asked = store.load(newStream());
      await expect(asked).rejects.toMatchObject({ cause: { type: 'unavailable' } });
    });

    it('gives up on a store that does not answer within the deadline', async () => {
      const impatient = new EsdbEventStore({ connectionString, appendTimeoutMs: SHORT_MS });
      const head = await fill(impatient, 'instance-warm', 0);
      await impatient.lastPosition();
      line.freeze();
      const asked = [
        impatient.append(newStream(), head, sampleEvents(1)),
        impatient.load(newStream()),
        impatient.lastPosition(),
      ];
      const answers = await Promise.allSettled(asked);
      await impatient.close();
      for (const answer of answers) {
        expect(answer).toMatchObject({
          status: 'rejected',
          reason: {
            code: 'event-store-unavailable',
            message: expect.stringContaining(`${SHORT_MS} ms`) as string,
          },
        });
      }
    });

    it('breaks a live subscription with an error, and a new one goes on after the last position', async () => {
      const start = { after: (await store.lastPosition()) ?? 0n };
      const stream = newStream();
      const head = await fill(store, stream, 10);
      const reader = await new AllReader(store, start).until((r) => r.of(stream).length === 10);
      await reader.until((r) => r.caughtUp);
      const broken = reader.next();
      await Promise.all([
        expect(broken).rejects.toBeInstanceOf(EventStoreUnavailableError),
        line.cut(),
      ]);
      await line.open();
      await untilStored(() => store.append(stream, head, sampleEvents(5)));
      const again = new AllReader(store, { after: reader.events.at(-1)!.position });
      await again.until((r) => r.of(stream).length === 5);
      expect(verifyChain([...reader.events, ...again.events])).toMatchObject({ valid: true });
      await again.stop();
    });

    it('stores each of many appends exactly once through repeated outages', async () => {
      const streams = Array.from({ length: 100 }, newStream);
      const writing = streams.map(async (stream) => {
        const events = sampleEvents(2);
        await untilStored(() => store.append(stream, NO_STREAM, events));
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
