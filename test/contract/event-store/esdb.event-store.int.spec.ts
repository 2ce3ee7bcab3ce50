import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { EsdbEventStore } from '@uplift/event-store';
import { startEmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import { eventStoreSuite } from './event-store.suite';
import { outageSuite } from './outage.suite';
import { readingAllSuite } from './reading-all.suite';
import type { Outsider } from './reading-all.suite';

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

  eventStoreSuite(
    'EventStoreDB',
    () => new EsdbEventStore({ connectionString: connectionString() }),
  );
  outageSuite(port);

  describe('page by page', () => {
    let store: EsdbEventStore;
    let client: EventStoreDBClient;
    const outsider: Outsider = {
      put: (stream, type, data) =>
        client.appendToStream(stream, jsonEvent({ type, data: data as Record<string, unknown> })),
      cut: (stream, how) => {
        if (how === 'tombstoned') return client.tombstoneStream(stream);
        if (how === 'deleted') return client.deleteStream(stream);
        return client.setStreamMetadata(stream, { truncateBefore: 2 });
      },
    };

    beforeAll(() => {
      store = new EsdbEventStore({ connectionString: connectionString() });
      client = EventStoreDBClient.connectionString(connectionString());
    });
    afterAll(async () => {
      await store.close();
      await client.dispose();
    });

    readingAllSuite(
      () => store,
      () => outsider,
    );
  });
});
