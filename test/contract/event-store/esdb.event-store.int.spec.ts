import { EsdbEventStore } from '@uplift/event-store';
import { startEmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import { eventStoreSuite } from './event-store.suite';
import { outageSuite } from './outage.suite';

/** A server named here is used as it is, with whatever it holds. */
const url = process.env.UPLIFT_EVENTSTORE_URL;

describe('EventStoreDB', () => {
  let embedded: EmbeddedEventStore | undefined;
  const connectionString = () => url ?? embedded?.connectionString ?? '';
  const port = () => Number(new URL(connectionString()).port || 2113);

  beforeAll(async () => {
    if (!url) embedded = await startEmbeddedEventStore();
  });
  afterAll(() => embedded?.close());

  eventStoreSuite(
    'EventStoreDB',
    () => new EsdbEventStore({ connectionString: connectionString() }),
  );
  outageSuite(port);
});
