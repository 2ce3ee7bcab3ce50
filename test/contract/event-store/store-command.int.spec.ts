import { EsdbEventStore, STORE_USERS } from '@uplift/event-store';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ADMIN_PASSWORD,
  asAdministrator,
  connectionStringFor,
  startSecuredStore,
} from '../../../tools/embedded-eventstore/test/secured-store';
import { UsersCalls } from '../../../tools/embedded-eventstore/test/users-client';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import { EXIT } from '../../../apps/cli/src/exit-code';
import { scriptedForAll } from '../../../apps/cli/src/testing/scripted-api';
import { storeCommand } from '../../../apps/cli/src/store/store.command';

const ADMIN_URL = 'UPLIFT_EVENTSTORE_ADMIN_URL';
const CHANGES = Object.keys(STORE_USERS).length + 2;

describe('uplift store setup', () => {
  const { context } = scriptedForAll({ body: {} });
  let store: EmbeddedEventStore;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-store-setup-'));
    store = await startSecuredStore();
    process.env[ADMIN_URL] = asAdministrator(store);
  });
  afterEach(async () => {
    delete process.env[ADMIN_URL];
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const setUp = (...options: string[]) =>
    context.run(storeCommand, 'setup', '--out', folder, ...options);
  const file = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('leaves for each user a connection string that works, and prints no password', async () => {
    await setUp();
    expect(context.rows).toHaveLength(CHANGES);
    const printed = context.printed.join() + context.said.join();
    for (const user of Object.keys(STORE_USERS)) {
      expect(printed).not.toContain(file(`${user}.password`).trim());
      const there = new EsdbEventStore({ connectionString: file(`${user}.url`) });
      await there.checkRight('read $all');
      await there.close();
    }
    context.forget();
    await setUp();
    expect(context.rows).toEqual([]);
  });

  it('changes nothing where it is only asked, and fails a check until it was done', async () => {
    await setUp('--dry-run');
    expect(context.rows).toHaveLength(CHANGES);
    await expect(setUp('--check')).rejects.toMatchObject({ exitCode: EXIT.failed });
    expect(readdirSync(folder)).toEqual([]);
    await setUp();
    await setUp('--check');
  });

  it('warns of users that have the password of every new store, and fails a check until they have another', async () => {
    const users = new UsersCalls(store, { name: 'admin', password: ADMIN_PASSWORD });
    await users.resetPassword('ops', 'changeit');
    const warning = expect.stringMatching(/^user ops: has the password "changeit"/) as string;
    await setUp();
    expect(context.rows).toHaveLength(CHANGES + 1);
    expect(context.rows.at(-1)).toEqual({ warning });
    context.forget();
    await expect(setUp('--check')).rejects.toMatchObject({ exitCode: EXIT.failed });
    expect(context.rows).toEqual([{ warning }]);
    await users.resetPassword('ops', 'another');
    await setUp('--check');
    users.close();
  });

  it('names the place that services use, where it is another', async () => {
    await setUp(
      '--service-url',
      'esdb+discover://store.example:2113?tls=true',
      '--prefix',
      'blue-',
    );
    expect(file('blue-api.url')).toMatch(
      /^esdb\+discover:\/\/blue-api:[\w-]+@store\.example:2113\?tls=true\n$/,
    );
  });

  it('leaves each connection string the place that it has, until it is told another', async () => {
    const urlOf = (place: string, user = 'api') =>
      `esdb+discover://${user}:${file(`${user}.password`).trim()}@${place}\n`;
    const [place, another] = ['cluster:2113?tls=true&tlsCAFile=/run/secrets/ca.pem', 'new:2113'];
    await setUp('--service-url', `esdb+discover://${place}`);
    expect(file('api.url')).toBe(urlOf(place));
    await setUp('--rotate', 'api');
    expect(file('api.url')).toBe(urlOf(place));
    expect(file('relay.url')).toBe(urlOf(place, 'relay'));
    await setUp('--service-url', `esdb+discover://${another}`);
    expect(file('relay.url')).toBe(urlOf(another, 'relay'));
  });

  it('changes no password where a connection string cannot be written anew', async () => {
    await setUp();
    const before = file('api.password');
    writeFileSync(join(folder, 'relay.url'), 'nothing of the kind');
    await expect(setUp('--rotate', 'api')).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('holds no connection string of relay') as string,
    });
    expect(file('api.password')).toBe(before);
  });

  it('gives a user a new password', async () => {
    await setUp();
    const before = file('api.url');
    await setUp('--rotate', 'api', 'relay');
    expect(file('api.url')).not.toBe(before);
    const old = new EsdbEventStore({ connectionString: before });
    await expect(old.checkRight('append')).rejects.toThrow('user or password is wrong');
    await old.close();
  });

  it.each([
    ['a store without TLS', 'esdb://admin:x@127.0.0.1:1?tls=false', [], 'a store without TLS'],
    ['nobody', 'esdb://127.0.0.1:1?tls=true', [], 'names no user'],
    ['a prefix with other signs', undefined, ['--prefix', 'a/b'], 'letters, digits'],
    ['a user for all services', undefined, ['--service-url', 'esdb://a:b@c:1'], 'names a user'],
  ])('is not called with %s', async (_what, url, options, words) => {
    if (url !== undefined) process.env[ADMIN_URL] = url;
    await expect(setUp(...options)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(words) as string,
    });
  });

  it('is refused, in one line, what it cannot do', async () => {
    await expect(setUp('--rotate', 'nobody')).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: expect.stringContaining('--rotate nobody: there are relay') as string,
    });
    const wrong = { name: 'admin', password: `${ADMIN_PASSWORD}!` };
    process.env[ADMIN_URL] = connectionStringFor(store, wrong);
    await expect(setUp()).rejects.toMatchObject({ code: 'not-administrator' });
  });
});
