import { ANY, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  EsdbAdministration,
  EsdbEventStore,
  EventStoreRefusedError,
  NO_STREAM,
  StoreSetup,
} from '@uplift/event-store';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import {
  ADMIN_PASSWORD,
  asAdministrator,
  connectionStringFor,
  startSecuredStore,
} from '../../../tools/embedded-eventstore/test/secured-store';
import { UsersCalls } from '../../../tools/embedded-eventstore/test/users-client';
import { AllReader } from './all-reader';
import { PasswordMap } from './password-map';
import { fill, newStream, sampleEvents, untilTaken } from './sample-events';

describe('the rights of a service in its store', () => {
  let server: EmbeddedEventStore;
  let users: UsersCalls;
  let opened: EsdbEventStore[];
  let refused: EventStoreRefusedError[];
  const passwords = new PasswordMap();

  beforeEach(async () => {
    [opened, refused] = [[], []];
    server = await startSecuredStore();
    users = new UsersCalls(server, { name: 'admin', password: ADMIN_PASSWORD });
    await setUp();
  });

  afterEach(async () => {
    users.close();
    await Promise.all(opened.map((store) => store.close()));
    await server.close();
    passwords.passwords.clear();
  });

  async function setUp(): Promise<void> {
    const administration = new EsdbAdministration(asAdministrator(server));
    await new StoreSetup(administration, { passwords }).run();
    await administration.close();
  }

  function openAs(name: string, password = passwords.credentialsOf(name).password) {
    const store = new EsdbEventStore({
      connectionString: connectionStringFor(server, { name, password }),
      onRefused: (error) => refused.push(error),
    });
    opened.push(store);
    return store;
  }

  const checked = async (store: EsdbEventStore) => {
    const rights = ['read streams', 'read $all', 'append'] as const;
    const outcomes = await Promise.allSettled(rights.map((right) => store.checkRight(right)));
    return outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? 'granted' : (outcome.reason as Error).message,
    );
  };

  it('are checked without a trace', async () => {
    const api = openAs('api');
    const before = await api.readAll(null, 1_000);
    expect(await checked(api)).toEqual(['granted', 'granted', 'granted']);
    expect(await api.readAll(null, 1_000)).toEqual(before);
  });

  it('are told one by one, with the command that grants them', async () => {
    expect(await checked(openAs('relay'))).toEqual([
      ...['granted', 'granted'],
      'The event store denies the connection as user relay the right to append; `uplift store setup` grants it',
    ]);
    const wrong = await checked(openAs('relay', 'wrong'));
    for (const words of wrong) {
      expect(words).toMatch(
        /^The event store does not accept the connection as user relay: user or/,
      );
    }
  });

  it('are enough for a writer, and a reader can follow it', async () => {
    const api = openAs('api');
    const stream = newStream();
    await fill(api, stream, 3);
    expect(await openAs('projector').load(stream)).toHaveLength(3);
    const reader = await new AllReader(openAs('relay')).until((r) => r.caughtUp);
    expect(reader.of(stream)).toHaveLength(3);
    await reader.stop();
  });

  it('may be taken away while it runs: it is told, and goes on when they are granted again', async () => {
    const api = openAs('api');
    const stream = newStream();
    const head = await fill(api, stream, 1);
    const client = EventStoreDBClient.connectionString(asAdministrator(server));
    const nobody = { $userStreamAcl: { $r: '$admins', $w: '$admins' } };
    const taken = jsonEvent({ type: 'update-default-acl', data: nobody });
    await client.appendToStream('$settings', taken, { expectedRevision: ANY });
    await client.dispose();
    await expect(api.append(stream, head, sampleEvents(1))).rejects.toMatchObject({
      ...{ code: 'event-store-refused', right: 'append', user: 'api' },
    });
    await expect(api.load(stream)).rejects.toBeInstanceOf(EventStoreRefusedError);
    expect(api.whyNotAppending).toContain('the right to append');
    expect(new Set(refused.map(({ right }) => right))).toEqual(new Set(['append', 'read streams']));
    await setUp();
    await untilTaken(() => api.append(stream, head, sampleEvents(1)));
    expect(await api.load(stream)).toHaveLength(2);
    expect(api.whyNotAppending).toBeUndefined();
  });

  it('that are granted to its user count without a restart', async () => {
    await users.create('late', 'x');
    const late = openAs('late', 'x');
    const stream = newStream();
    await expect(late.append(stream, NO_STREAM, sampleEvents(1))).rejects.toMatchObject({
      code: 'event-store-refused',
    });
    await users.update('late', 'Late', ['uplift-writers']);
    await untilTaken(() => late.append(stream, NO_STREAM, sampleEvents(1)));
    await expect(late.load(stream)).rejects.toMatchObject({ right: 'read streams' });
  });

  it('and its password may change: appends go on until the connection ends', async () => {
    const api = openAs('api');
    const stream = newStream();
    const head = await fill(api, stream, 1);
    await users.resetPassword('api', 'another');
    await expect(api.load(stream)).rejects.toThrow('user or password is wrong');
    await api.append(stream, head, sampleEvents(1));
  });
});
