import { EsdbEventStore, EventStoreUnavailableError } from '@uplift/event-store';
import { EsdbOtherProgram } from '@uplift/event-store/testing';
import { startEmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import { eventStoreSuite } from './event-store.suite';
import { foreignSuite } from './foreign.suite';
import { fullServerSuite } from './full-server.suite';
import { outageSuite } from './outage.suite';
import { patienceSuite } from './patience.suite';
import { readingAllSuite } from './reading-all.suite';
import { fill, newStream } from './sample-events';

/** A server named here is used as it is, with whatever it holds. */
const url = process.env.UPLIFT_EVENTSTORE_URL;

describe('EventStoreDB', () => {
  let embedded: EmbeddedEventStore | undefined;
  const connectionString = () => url ?? embedded?.connectionString ?? '';
  const port = () => Number(new URL(connectionString()).port || 2113);

  beforeAll(async () => {
    if (!url) embedded = await startEmbeddedEventStore({ allowDeletes: true });
  });
  afterAll(() => embedded?.close());

  // Before the store is large: it reads all of it again and again.
  readingAllSuite(
    'EventStoreDB',
    () => new EsdbEventStore({ connectionString: connectionString() }),
    () => new EsdbOtherProgram(connectionString()),
  );

  eventStoreSuite(
    'EventStoreDB',
    () => new EsdbEventStore({ connectionString: connectionString() }),
  );
  foreignSuite(
    'EventStoreDB',
    () => new EsdbEventStore({ connectionString: connectionString(), mostForeign: 200 }),
    () => new EsdbOtherProgram(connectionString()),
  );

  it('looks at a limited number of foreign events at once, and goes on from there', async () => {
    const store = new EsdbEventStore({ connectionString: connectionString(), mostForeign: 50 });
    const other = new EsdbOtherProgram(connectionString());
    await fill(store, newStream(), 1);
    const position = await store.lastPosition();
    for (let n = 0; n < 120; n += 1) await other.write('ops-flood', { type: 'Probe' });
    await expect(store.lastPosition()).rejects.toBeInstanceOf(EventStoreUnavailableError);
    await expect(store.lastPosition()).rejects.toBeInstanceOf(EventStoreUnavailableError);
    expect(await store.lastPosition()).toBe(position);
    await other.write('ops-flood', { type: 'Probe' });
    expect(await store.lastPosition()).toBe(position);
    await other.close();
    await store.close();
  });

  outageSuite(port);
});

patienceSuite();
fullServerSuite();
