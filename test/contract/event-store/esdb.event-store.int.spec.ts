import {
  EsdbAdministration,
  EsdbEventStore,
  EventStoreUnavailableError,
  StoreSetup,
} from '@uplift/event-store';
import { EsdbOtherProgram } from '@uplift/event-store/testing';
import { AS_SEEN, startEmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import type {
  EmbeddedEventStore,
  EmbeddedEventStoreOptions,
} from '../../../tools/embedded-eventstore/src';
import {
  asAdministrator,
  connectionStringFor,
  startSecuredStore,
} from '../../../tools/embedded-eventstore/test/secured-store';
import { describeOnEmbedded, SHARED_STORE } from '../../support/own-store';
import { CutLine, CutTunnel } from './cut-line';
import { eventStoreSuite } from './event-store.suite';
import { foreignSuite } from './foreign.suite';
import { fullServerSuite } from './full-server.suite';
import { outageSuite } from './outage.suite';
import { PasswordMap } from './password-map';
import { patienceSuite } from './patience.suite';
import { readingAllSuite } from './reading-all.suite';
import { fill, newestOf, newStream } from './sample-events';

/** What the embedded server does of its own accord, and what real ones were seen to do: the last one at full size alone. */
const ALL: readonly (readonly [name: string, options: EmbeddedEventStoreOptions])[] = [
  ['EventStoreDB', {}],
  ['EventStoreDB as 23.10 is', AS_SEEN['23.10']],
  ['EventStoreDB as 24.10 is', AS_SEEN['24.10']],
];
const SERVERS = process.env.UPLIFT_LONG_TESTS === '1' ? ALL : ALL.slice(0, 2);
const GIVEN: typeof ALL = [['the given EventStoreDB', {}]];

describe.each(SHARED_STORE === undefined ? SERVERS : GIVEN)('%s', (_name, options) => {
  let embedded: EmbeddedEventStore | undefined;
  const connectionString = () => SHARED_STORE ?? embedded?.connectionString ?? '';
  const lineToServer = () =>
    SHARED_STORE === undefined ? new CutLine(embedded?.port ?? 0) : new CutTunnel(SHARED_STORE);

  beforeAll(async () => {
    if (SHARED_STORE !== undefined) return;
    embedded = await startEmbeddedEventStore({ ...options, allowDeletes: true });
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
    const position = await newestOf(store);
    for (let n = 0; n < 120; n += 1) await other.write('ops-flood', { type: 'Probe' });
    await expect(store.lastPosition()).rejects.toBeInstanceOf(EventStoreUnavailableError);
    await expect(store.lastPosition()).rejects.toBeInstanceOf(EventStoreUnavailableError);
    expect(await newestOf(store)).toBe(position);
    await other.write('ops-flood', { type: 'Probe' });
    expect(await newestOf(store)).toBe(position);
    await other.close();
    await store.close();
  });

  outageSuite(lineToServer);
});

describeOnEmbedded('EventStoreDB with TLS, as a user of a service', () => {
  let server: EmbeddedEventStore;
  let connectionString = '';

  beforeAll(async () => {
    server = await startSecuredStore({ allowDeletes: false });
    const passwords = new PasswordMap();
    const administration = new EsdbAdministration(asAdministrator(server));
    await new StoreSetup(administration, { passwords }).run();
    await administration.close();
    connectionString = connectionStringFor(server, passwords.credentialsOf('api'));
  });
  afterAll(() => server.close());

  eventStoreSuite('EventStoreDB', () => new EsdbEventStore({ connectionString }));
});

describeOnEmbedded('what the embedded server can be made to do', () => {
  patienceSuite();
  fullServerSuite();
});
