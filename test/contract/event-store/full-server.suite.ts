import { AppendNotTriedError, EsdbEventStore, NO_STREAM } from '@uplift/event-store';
import { startEmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import { fullSuite } from './full.suite';
import { newStream, sampleEvents, untilTaken } from './sample-events';

const SHORT = { attemptMs: 300, totalMs: 900 };
const MANY = 200;

/** A server that ends at each append, as the real one does whose disk is full, and is started again. */
export function fullServerSuite(): void {
  describe('event store on a server without room', () => {
    let server: EmbeddedEventStore;
    let store: EsdbEventStore;
    let failures = 0;

    beforeEach(async () => {
      failures = 0;
      server = await startEmbeddedEventStore();
      const { connectionString } = server;
      const onAppendFailed = () => (failures += 1);
      store = new EsdbEventStore({ connectionString, ...SHORT, onAppendFailed });
    });
    afterEach(async () => {
      await store.close();
      await server.close();
    });

    const append = () => store.append(newStream(), NO_STREAM, sampleEvents(1));

    fullSuite('EventStoreDB', () => ({
      store,
      setFull: (isFull) => (server.faults.isFull = isFull),
    }));

    it('refuses at once what comes while it is known to be full, and tries seldom', async () => {
      await append();
      server.faults.isFull = true;
      await expect(append()).rejects.toMatchObject({ code: 'event-store-unavailable' });
      const { ends } = server.faults;
      // However slow the machine is: it comes after all that waits for nothing.
      let isLate = false;
      const timer = setTimeout(() => (isLate = true), SHORT.attemptMs);
      const outcomes = await Promise.allSettled(Array.from({ length: MANY }, append));
      clearTimeout(timer);
      const reasons = outcomes.map((each): unknown => 'reason' in each && each.reason);
      expect(reasons.filter((reason) => !(reason instanceof AppendNotTriedError))).toEqual([]);
      expect(isLate).toBe(false);
      expect([server.faults.ends, failures]).toEqual([ends, 1]);
    });

    it('says since when nothing is taken, that it can be read all the same, and no more once it is', async () => {
      await append();
      expect(store.whyNotAppending).toBeUndefined();
      server.faults.isFull = true;
      await expect(append()).rejects.toMatchObject({ code: 'event-store-unavailable' });
      expect(store.whyNotAppending).toMatch(/^it takes no events since \d+ s \(.+\)$/);
      await store.lastPosition();
      expect(store.whyNotAppending).toMatch(/it can be read: its disk may be full$/);
      server.faults.isFull = false;
      await untilTaken(append);
      expect(store.whyNotAppending).toBeUndefined();
    });
  });
}
