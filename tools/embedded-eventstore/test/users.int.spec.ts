import { status } from '@grpc/grpc-js';
import {
  AccessDeniedError,
  ANY,
  END,
  EventStoreDBClient,
  jsonEvent,
  START,
  BACKWARDS,
} from '@eventstore/db-client';
import { startEmbeddedEventStore, type EmbeddedEventStore } from '../src';
import { eventsNamed, freshStream, temporaryFolder, typesOf } from './running-store';
import {
  ADMIN_PASSWORD,
  asAdministrator,
  connectionStringFor,
  startSecuredStore,
} from './secured-store';
import { UsersCalls } from './users-client';

const ANNA = { name: 'anna', password: 'a:password@with%signs' };
const ADMIN = { name: 'admin', password: ADMIN_PASSWORD };
const GROUP = 'writers';

describe('a store with TLS and users', () => {
  let store: EmbeddedEventStore;
  let open: { dispose(): Promise<void> }[];
  let users: UsersCalls;

  const client = (connectionString: string) => {
    const made = EventStoreDBClient.connectionString(connectionString);
    open.push(made);
    return made;
  };
  const clientAs = (user?: { name: string; password: string }) =>
    client(connectionStringFor(store, user));
  const admin = () => client(asAdministrator(store));
  const one = () => eventsNamed('e', 1);

  beforeEach(async () => {
    open = [];
    store = await startSecuredStore();
    users = new UsersCalls(store, ADMIN);
    await users.create(ANNA.name, ANNA.password, [GROUP]);
  });

  afterEach(async () => {
    users.close();
    await Promise.all(open.map((each) => each.dispose()));
    await store.close();
  });

  describe('asks who calls', () => {
    it('and lets nobody do anything', async () => {
      const nobody = clientAs();
      const append = nobody.appendToStream(freshStream(), one());
      await expect(append).rejects.toBeInstanceOf(AccessDeniedError);
      await expect(append).rejects.toHaveProperty('message', '');
      const reads = [
        () => typesOf(nobody.readStream('s')),
        () => typesOf(nobody.readAll({ maxCount: 1 })),
        () => typesOf(nobody.subscribeToAll()),
        () => typesOf(nobody.subscribeToStream('s')),
        () => nobody.deleteStream('s'),
        () => nobody.tombstoneStream('s'),
      ];
      for (const read of reads) {
        await expect(read()).rejects.toThrow('7 PERMISSION_DENIED: Access Denied');
      }
    });

    it.each([
      ['a wrong password', { ...ANNA, password: 'wrong' }],
      ['a user that is none', { ...ANNA, name: 'otto' }],
    ])('and lets nobody in with %s, whatever is asked', async (_what, who) => {
      const stranger = clientAs(who);
      const calls = [
        () => stranger.appendToStream(freshStream(), one()),
        () => typesOf(stranger.readStream('s')),
        () => typesOf(stranger.readAll({ maxCount: 1 })),
        () => typesOf(stranger.subscribeToAll()),
        () => stranger.deleteStream('s'),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toThrow('16 UNAUTHENTICATED: Unauthenticated');
      }
    });

    it('by the user of a single call, too', async () => {
      const nobody = clientAs();
      const stream = freshStream();
      const credentials = { username: ANNA.name, password: ANNA.password };
      await nobody.appendToStream(stream, one(), { credentials });
      expect(await typesOf(nobody.readStream(stream, { credentials }))).toEqual(['e0']);
      const wrong = { ...credentials, password: 'wrong' };
      const anna = clientAs(ANNA);
      await expect(anna.appendToStream(stream, one(), { credentials: wrong })).rejects.toThrow(
        '16 UNAUTHENTICATED: Unauthenticated',
      );
      await expect(typesOf(anna.readStream(stream, { credentials: wrong }))).rejects.toThrow(
        '16 UNAUTHENTICATED: Unauthenticated',
      );
    });

    it('and speaks with no client that takes its certificate for a stranger', async () => {
      const { connectionString } = store;
      const unknown = client(connectionString.replace('esdb://', 'esdb://admin:x@'));
      await expect(typesOf(unknown.readStream('s'))).rejects.toThrow(/14 UNAVAILABLE.*certificate/);
      const plain = client(connectionString.replace('tls=true', 'tls=false'));
      await expect(typesOf(plain.readStream('s'))).rejects.toThrow(
        /14 UNAVAILABLE: .*(No connection|ECONNRESET|Connection dropped)/,
      );
    });
  });

  describe('before anybody has set a right', () => {
    it('lets every user write, read and delete every stream, and none read all of them', async () => {
      const anna = clientAs(ANNA);
      const stream = freshStream();
      await anna.appendToStream(stream, one());
      expect(await typesOf(anna.readStream(stream))).toEqual(['e0']);
      await anna.setStreamMetadata(stream, { maxCount: 5 });
      expect((await anna.getStreamMetadata(stream)).metadata).toMatchObject({ maxCount: 5 });
      await anna.deleteStream(stream);
      for (const denied of [
        () => typesOf(anna.readAll({ maxCount: 1 })),
        () => typesOf(anna.subscribeToAll()),
        () => typesOf(anna.readStream('$settings')),
        () => typesOf(anna.readStream('$user-admin')),
        () => anna.setStreamMetadata('$all', {}),
      ]) {
        await expect(denied()).rejects.toBeInstanceOf(AccessDeniedError);
      }
    });

    it('lets an administrator do all, but write to $all or delete metadata', async () => {
      const chief = admin();
      expect((await typesOf(chief.readAll({ maxCount: 1 }))).length).toBe(1);
      expect(await typesOf(chief.readStream('$users'))).toEqual(['$User', '$User', '$User']);
      for (const denied of [
        () => chief.appendToStream('$all', one()),
        () => chief.deleteStream('$$anything'),
        () => chief.tombstoneStream('$all'),
      ]) {
        await expect(denied()).rejects.toBeInstanceOf(AccessDeniedError);
      }
    });
  });

  describe('goes by the rights', () => {
    const DEFAULTS = {
      $userStreamAcl: { $r: [GROUP], $w: ['otto'], $d: '$admins', $mr: '$admins', $mw: '$admins' },
      $systemStreamAcl: { $r: '$admins', $w: '$admins', $d: '$admins', $mr: '$admins', $mw: [] },
    };
    const setDefaults = () =>
      admin().appendToStream(
        '$settings',
        jsonEvent({ type: 'update-default-acl', data: DEFAULTS }),
        { expectedRevision: ANY },
      );

    it('of $settings, by group and by name', async () => {
      await users.create('otto', 'x');
      await setDefaults();
      const [anna, otto] = [clientAs(ANNA), clientAs({ name: 'otto', password: 'x' })];
      const stream = freshStream();
      await otto.appendToStream(stream, one());
      expect(await typesOf(anna.readStream(stream))).toEqual(['e0']);
      for (const denied of [
        () => anna.appendToStream(stream, one()),
        () => anna.deleteStream(stream),
        () => anna.tombstoneStream(stream),
        () => anna.setStreamMetadata(stream, { truncateBefore: 1 }),
        () => anna.getStreamMetadata(stream),
        () => typesOf(otto.readStream(stream)),
        () => typesOf(otto.subscribeToStream(stream)),
      ]) {
        await expect(denied()).rejects.toBeInstanceOf(AccessDeniedError);
      }
    });

    it('of a stream itself before those, in force at once, also within an open batch', async () => {
      const anna = clientAs(ANNA);
      const stream = freshStream();
      await anna.appendToStream(stream, one());
      await admin().setStreamMetadata(stream, { acl: { writeRoles: ['otto'] } });
      await expect(anna.appendToStream(stream, one())).rejects.toBeInstanceOf(AccessDeniedError);
      await anna.appendToStream(freshStream(), one());
      expect(await typesOf(anna.readStream(stream))).toEqual(['e0']);
      const single = { credentials: { username: ANNA.name, password: ANNA.password } };
      await expect(anna.appendToStream(stream, one(), single)).rejects.toThrow(
        '7 PERMISSION_DENIED: Access Denied',
      );
    });

    it('of $all, by its own metadata', async () => {
      const anna = clientAs(ANNA);
      await admin().setStreamMetadata('$all', { acl: { readRoles: ['$admins', GROUP] } });
      const last = { direction: BACKWARDS, fromPosition: END, maxCount: 1 } as const;
      expect(await typesOf(anna.readAll(last))).toEqual(['$metadata']);
      const subscription = anna.subscribeToAll({ fromPosition: START });
      for await (const { event } of subscription) {
        expect(event?.streamId).toBe('$$$scavenges');
        break;
      }
      await expect(typesOf(anna.readStream('$users'))).rejects.toBeInstanceOf(AccessDeniedError);
    });
  });

  describe('keeps users', () => {
    const refusal = (call: Promise<unknown>) =>
      call.then(
        () => 'done',
        ({ code, metadata }: { code: status; metadata: { get(name: string): string[] } }) =>
          [status[code], ...metadata.get('exception'), ...metadata.get('login-name')].join(' '),
      );

    it('creates one once, and a second time with the same password alone', async () => {
      expect(await refusal(users.create(ANNA.name, ANNA.password, ['other']))).toBe('done');
      expect(await refusal(users.create(ANNA.name, 'another'))).toBe(
        'FAILED_PRECONDITION user-conflict anna',
      );
      expect(await users.details(ANNA.name)).toMatchObject([
        { loginName: 'anna', fullName: 'Full anna', groupsList: [GROUP], disabled: false },
      ]);
    });

    it('changes, disables, enables and deletes one', async () => {
      const isKnown = async () => {
        const calls = new UsersCalls(store, ANNA);
        const told = await refusal(calls.details());
        calls.close();
        return told === 'done';
      };
      await users.update(ANNA.name, 'Anna', ['readers']);
      expect(await users.details(ANNA.name)).toMatchObject([
        { fullName: 'Anna', groupsList: ['readers'] },
      ]);
      await users.disable(ANNA.name);
      expect([await isKnown(), (await users.details(ANNA.name))[0]?.disabled]).toEqual([
        false,
        true,
      ]);
      await users.enable(ANNA.name);
      expect(await isKnown()).toBe(true);
      await users.delete(ANNA.name);
      expect(await isKnown()).toBe(false);
      expect(await refusal(users.details(ANNA.name))).toBe('NOT_FOUND user-not-found anna');
      expect((await users.details()).map(({ loginName }) => loginName)).toEqual(['admin', 'ops']);
      await users.create(ANNA.name, 'again');
      expect(await users.details(ANNA.name)).toMatchObject([{ groupsList: [] }]);
    });

    it('changes passwords: an administrator any, whoever knows one that', async () => {
      await users.resetPassword(ANNA.name, 'second');
      const anna = new UsersCalls(store, { name: ANNA.name, password: 'second' });
      expect(await refusal(anna.changePassword(ANNA.name, 'wrong', 'third'))).toBe(
        'PERMISSION_DENIED access-denied',
      );
      await anna.changePassword(ANNA.name, 'second', 'third');
      expect(await refusal(anna.details())).toBe('UNAUTHENTICATED');
      anna.close();
      const now = new UsersCalls(store, { name: ANNA.name, password: 'third' });
      expect(await refusal(now.details())).toBe('done');
      now.close();
    });

    it('lets administrators alone change others, and nobody ask', async () => {
      const anna = new UsersCalls(store, ANNA);
      for (const call of [
        () => anna.create('otto', 'x'),
        () => anna.update(ANNA.name, 'x', ['$admins']),
        () => anna.resetPassword('admin', 'x'),
        () => anna.disable('admin'),
        () => anna.enable('admin'),
        () => anna.delete('admin'),
      ]) {
        expect(await refusal(call())).toBe('PERMISSION_DENIED access-denied');
      }
      anna.close();
      const nobody = new UsersCalls(store);
      expect(await refusal(nobody.details())).toBe('PERMISSION_DENIED access-denied');
      nobody.close();
    });

    it('takes members of $admins for administrators, and those of $ops for none', async () => {
      await users.create('chief', 'x', ['$admins']);
      const chief = new UsersCalls(store, { name: 'chief', password: 'x' });
      await chief.create('otto', 'x');
      chief.close();
      const ops = new UsersCalls(store, { name: 'ops', password: ADMIN_PASSWORD });
      expect(await refusal(ops.create('third', 'x'))).toBe('PERMISSION_DENIED access-denied');
      ops.close();
    });

    it('knows no user that is none', async () => {
      for (const call of [
        () => users.update('otto', 'x', []),
        () => users.resetPassword('otto', 'x'),
        () => users.delete('otto'),
      ]) {
        expect(await refusal(call())).toBe('NOT_FOUND user-not-found otto');
      }
    });

    it('writes no password into an event', async () => {
      const chief = admin();
      const texts: string[] = [];
      for await (const { event } of chief.readAll()) texts.push(JSON.stringify(event?.data));
      const all = texts.join();
      expect(all).toContain('"loginName":"anna"');
      expect(all).not.toContain(ANNA.password);
      expect(all).not.toContain(ADMIN_PASSWORD);
    });
  });
});

describe('a folder of a store with users', () => {
  it('keeps them, and their passwords', async () => {
    const dir = temporaryFolder();
    const first = await startSecuredStore({ dir });
    const calls = new UsersCalls(first, ADMIN);
    await calls.create(ANNA.name, ANNA.password);
    calls.close();
    await first.close();
    const second = await startSecuredStore({ dir });
    const again = new UsersCalls(second, ANNA);
    expect((await again.details()).map(({ loginName }) => loginName)).toEqual([
      ...['admin', 'anna', 'ops'],
    ]);
    again.close();
    await second.close();
  });
});

describe('a store without TLS', () => {
  it('looks at no credentials, and knows no users', async () => {
    const store = await startEmbeddedEventStore();
    const url = store.connectionString.replace('esdb://', 'esdb://otto:wrong@');
    const client = EventStoreDBClient.connectionString(url);
    await client.appendToStream('s', eventsNamed('e', 1));
    expect(await typesOf(client.readAll({ maxCount: 2 }))).toEqual(['$metadata', 'e0']);
    await client.dispose();
    await store.close();
  });
});
