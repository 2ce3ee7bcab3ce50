import { ANY, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  EsdbAdministration,
  STORE_USERS,
  StoreSetup,
  StoreSetupError,
  type StoreSetupOptions,
} from '@uplift/event-store';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import {
  ADMIN_PASSWORD,
  asAdministrator,
  connectionStringFor,
  startSecuredStore,
} from '../../../tools/embedded-eventstore/test/secured-store';
import { UsersCalls } from '../../../tools/embedded-eventstore/test/users-client';
import { PasswordMap } from './password-map';

const USERS = Object.keys(STORE_USERS);

describe('the setup of a store', () => {
  let store: EmbeddedEventStore;
  let administration: EsdbAdministration;
  let users: UsersCalls;
  let admin: EventStoreDBClient;
  let passwords: PasswordMap;

  const setUp = (options: Partial<StoreSetupOptions> = {}) =>
    new StoreSetup(administration, { passwords, ...options }).run();
  const groupsOf = async (name: string) => (await administration.find(name))?.groups;
  const isPassword = (name: string) =>
    administration.isPassword(name, passwords.credentialsOf(name).password);

  beforeEach(async () => {
    store = await startSecuredStore();
    administration = new EsdbAdministration(asAdministrator(store));
    users = new UsersCalls(store, { name: 'admin', password: ADMIN_PASSWORD });
    admin = EventStoreDBClient.connectionString(asAdministrator(store));
    passwords = new PasswordMap();
  });

  afterEach(async () => {
    users.close();
    await admin.dispose();
    await administration.close();
    await store.close();
  });

  async function eventsInStore(): Promise<number> {
    let count = 0;
    for await (const _ of admin.readAll()) count += 1;
    return count;
  }

  it('makes every user, with its rights, and tells no password', async () => {
    const lines = await setUp();
    expect([...passwords.passwords.keys()]).toEqual(USERS);
    expect(lines).toHaveLength(USERS.length + 2);
    expect(lines[0]).toBe('user relay: made, in uplift-readers, uplift-tailers');
    for (const name of USERS) expect(await isPassword(name)).toBe(true);
    for (const password of passwords.passwords.values()) {
      expect(lines.join('\n')).not.toContain(password);
    }
  });

  it('changes nothing the second time', async () => {
    await setUp();
    const before = await eventsInStore();
    expect(await setUp()).toEqual([]);
    expect(await eventsInStore()).toBe(before);
  });

  it('is done once by two at once with the same passwords', async () => {
    await Promise.all([setUp(), setUp()]);
    expect(await setUp()).toEqual([]);
    for (const name of USERS) expect(await isPassword(name)).toBe(true);
    const settings: string[] = [];
    for await (const { event } of admin.readStream('$settings')) settings.push(event?.type ?? '');
    expect(settings).toEqual(['update-default-acl']);
  });

  it('is refused to the slower of two with different passwords, which keeps none of its own', async () => {
    const others = new PasswordMap();
    const outcomes = await Promise.allSettled([setUp(), setUp({ passwords: others })]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [slower] = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(slower?.reason).toBeInstanceOf(StoreSetupError);
    for (const { passwords: own } of [passwords, others]) {
      for (const [name, password] of own) {
        expect(await administration.isPassword(name, password)).toBe(true);
      }
    }
  });

  it('says what it would do, and does nothing', async () => {
    const before = await eventsInStore();
    const lines = await setUp({ isApplied: false });
    expect(lines).toHaveLength(USERS.length + 2);
    expect(await eventsInStore()).toBe(before);
    expect(passwords.passwords.size).toBe(0);
  });

  it('gives a user back what somebody has changed, and takes what it has too much', async () => {
    await setUp();
    await users.update('api', 'Uplift api', ['$admins', 'uplift-readers']);
    expect(await setUp()).toEqual([
      'user api: uplift-readers, uplift-tailers, uplift-writers in place of $admins, uplift-readers',
    ]);
    expect(await groupsOf('api')).toEqual(['uplift-readers', 'uplift-tailers', 'uplift-writers']);
  });

  it('takes all rights from everybody, and none from somebody by name', async () => {
    await admin.appendToStream(
      '$settings',
      jsonEvent({
        type: 'update-default-acl',
        data: {
          $userStreamAcl: { $r: ['$all'], $w: ['billing', '$all'], $d: ['uplift-writers', 'boss'] },
          $systemStreamAcl: { $r: '$all' },
          other: 1,
        },
      }),
      { expectedRevision: ANY },
    );
    await admin.setStreamMetadata('$all', {
      acl: { readRoles: ['$all', 'reports'], metaWriteRoles: ['$all'] },
      purpose: 'kept',
    });
    await setUp();
    expect((await administration.lastOf('$settings')).fields).toEqual({
      $userStreamAcl: {
        $r: ['$admins', 'uplift-readers'],
        $w: ['$admins', 'uplift-writers', 'billing'],
        $d: ['$admins', 'boss'],
        $mr: ['$admins', 'uplift-readers'],
        $mw: ['$admins'],
      },
      $systemStreamAcl: {
        ...{ $r: ['$admins'], $w: ['$admins'], $d: ['$admins'], $mr: ['$admins'] },
        $mw: ['$admins'],
      },
      other: 1,
    });
    expect((await administration.lastOf('$$$all')).fields).toEqual({
      $acl: { $r: ['$admins', 'uplift-tailers', 'reports'], $mw: ['$admins'] },
      purpose: 'kept',
    });
  });

  it('names users as it is told', async () => {
    await setUp({ prefix: 'blue-' });
    expect(await groupsOf('blue-relay')).toEqual(['uplift-readers', 'uplift-tailers']);
    expect(await administration.find('relay')).toBeNull();
  });

  it('touches no user of somebody else', async () => {
    await users.create('api', 'x');
    await expect(setUp()).rejects.toThrow(
      'user api ("Full api") is in the store, and not of Uplift',
    );
    expect(await administration.find('relay')).toBeNull();
  });

  it('takes passwords that are given', async () => {
    passwords = new PasswordMap(new Map([['relay', 'a given: one@%']]));
    await setUp();
    expect(await administration.isPassword('relay', 'a given: one@%')).toBe(true);
  });

  describe('of users that are there', () => {
    beforeEach(() => setUp());

    it('is refused without their passwords, and with others', async () => {
      const before = await eventsInStore();
      await expect(setUp({ passwords: new PasswordMap() })).rejects.toThrow(
        'The user relay is in the store, and relay.password is not there',
      );
      const wrong = new PasswordMap(new Map(passwords.passwords).set('api', 'wrong'));
      await expect(setUp({ passwords: wrong })).rejects.toThrow(
        'The user api has another password than api.password',
      );
      expect(await eventsInStore()).toBe(before);
    });

    it('gives those that are named a new one, and no other', async () => {
      const before = new Map(passwords.passwords);
      expect(await setUp({ rotate: ['api'] })).toEqual([
        'user api: a new password in api.password',
      ]);
      expect(passwords.passwords.get('api')).not.toBe(before.get('api'));
      expect(await isPassword('api')).toBe(true);
      expect(await administration.isPassword('api', before.get('api')!)).toBe(false);
      expect(passwords.passwords.get('relay')).toBe(before.get('relay'));
    });

    it('gives the one that its file holds in the end, when two do so at once', async () => {
      await Promise.all([setUp({ rotate: ['api'] }), setUp({ rotate: ['api'] })]);
      expect(await isPassword('api')).toBe(true);
    });

    it('enables none that somebody has disabled with the password that it had', async () => {
      const leaked = passwords.credentialsOf('relay').password;
      await users.disable('relay');
      const before = await eventsInStore();
      await expect(setUp()).rejects.toThrow(
        'The user relay is disabled, perhaps since its password has leaked: enable it with a new one by --rotate relay',
      );
      await expect(setUp({ isApplied: false })).rejects.toThrow(StoreSetupError);
      expect(await eventsInStore()).toBe(before);
      expect(await setUp({ rotate: ['relay'] })).toEqual([
        'user relay: a new password in relay.password',
        'user relay: enabled',
      ]);
      expect(await isPassword('relay')).toBe(true);
      expect(await administration.isPassword('relay', leaked)).toBe(false);
    });

    it('enables none that is disabled between the look at it and the change of it', async () => {
      await users.update('api', 'Uplift api', []);
      jest.spyOn(administration, 'update').mockImplementation(async () => {
        await users.disable('api');
        return false;
      });
      await expect(setUp()).rejects.toThrow('The user api is disabled');
      expect(await administration.find('api')).toMatchObject({ isDisabled: true });
    });

    it('gives none to a user that is none', async () => {
      await expect(setUp({ rotate: ['apis'] })).rejects.toThrow('--rotate apis: there are relay,');
    });
  });

  it('is refused to whoever is no administrator, and says who', async () => {
    await users.create('anna', 'x');
    const as = (name: string, password: string) =>
      new EsdbAdministration(connectionStringFor(store, { name, password }));
    const anna = as('anna', 'x');
    await expect(new StoreSetup(anna, { passwords }).run()).rejects.toThrow(
      'The event store denies the user anna to change users: take one in the group $admins',
    );
    const wrong = as('admin', 'wrong');
    await expect(new StoreSetup(wrong, { passwords }).run()).rejects.toThrow(
      'does not accept the user admin: user or password is wrong',
    );
    await Promise.all([anna.close(), wrong.close()]);
  });
});
