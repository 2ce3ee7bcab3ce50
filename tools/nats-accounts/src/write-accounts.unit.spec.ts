import { OPERATOR_USER, SERVICE_USERS, userKeyOf } from '@uplift/bus';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asked, type Asked } from './options';
import { writeAccounts } from './write-accounts';

const USERS = [...SERVICE_USERS, OPERATOR_USER];
const TEAM = { name: 'billing', queries: ['uplift.qry.v1.upgrade.get'], durable: 'billing' };

describe('the folder of the accounts', () => {
  let root: string;
  let written: string;
  let folder: string;

  const place = (name: string) => join(folder, name);
  const textOf = (name: string) => readFileSync(place(name), 'utf8');
  const keyIn = (name: string) => userKeyOf(textOf(name)).publicKey;
  const modeOf = (path: string) => statSync(path).mode & 0o777;
  const call = (...args: string[]) => writeAccounts(asked(['--out', folder, ...args]) as Asked);
  const contents = () =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, textOf(name)]));
  /** As a path that a call can name. */
  const servicesFile = (text: string) => {
    const file = join(root, 'services.json');
    writeFileSync(file, text);
    return file;
  };
  const withTeam = () => ['--services', servicesFile(JSON.stringify([TEAM]))];

  // Making keys takes long.
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'uplift-accounts-'));
    written = folder = join(root, 'written');
    await call();
  });

  afterAll(() => rmSync(root, { recursive: true }));

  beforeEach(() => {
    folder = mkdtempSync(join(root, 'folder-'));
    cpSync(written, folder, { recursive: true });
  });

  async function isRefused(args: readonly string[], words: RegExp | string): Promise<void> {
    const before = contents();
    await expect(call(...args)).rejects.toThrow(words);
    expect(contents()).toEqual(before);
  }

  it('holds a seed for each user, which its owner alone reads, and their public halves', () => {
    const names = [...USERS.map((user) => `${user}.nk`), 'accounts.conf'];
    expect(readdirSync(written).sort()).toEqual(names.sort());
    expect(modeOf(written)).toBe(0o700);
    const accounts = textOf('accounts.conf');
    expect(modeOf(join(written, 'accounts.conf'))).toBe(0o644);
    for (const user of USERS) {
      expect(modeOf(join(written, `${user}.nk`))).toBe(0o600);
      expect(accounts).toContain(`nkey: ${keyIn(`${user}.nk`)}`);
      expect(accounts).not.toContain(textOf(`${user}.nk`).trim());
    }
    expect(accounts.match(/nkey: /g)).toHaveLength(USERS.length);
  });

  it('stays as it is when it is written again', async () => {
    const before = contents();
    const lines = await call();
    expect(contents()).toEqual(before);
    expect(lines).toEqual([
      `written: ${place('accounts.conf')}, ${USERS.length} users. Reload each nats-server.`,
    ]);
  });

  it('gets what is missing, and says so', async () => {
    const others = keyIn('upgrade.nk');
    rmSync(place('relay.nk'));
    const [line] = await call('--account', 'OTHER');
    expect(line).toBe(`new key: ${place('relay.nk')}`);
    expect(modeOf(place('relay.nk'))).toBe(0o600);
    for (const key of [keyIn('relay.nk'), others]) expect(textOf('accounts.conf')).toContain(key);
    expect(textOf('accounts.conf')).toContain('"OTHER" {');
  });

  it('gives a user a second key, and takes the first', async () => {
    const first = keyIn('relay.nk');
    await call('--rotate', 'relay', '--rotate', 'relay');
    const second = keyIn('relay.nk');
    expect(second).not.toBe(first);
    expect(keyIn('relay.before.nk')).toBe(first);
    for (const key of [first, second]) expect(textOf('accounts.conf')).toContain(`nkey: ${key}`);
    await call();
    for (const key of [first, second]) expect(textOf('accounts.conf')).toContain(`nkey: ${key}`);
    await call('--retire', 'relay', '--retire', 'relay');
    expect(keyIn('relay.nk')).toBe(second);
    expect(readdirSync(folder)).not.toContain('relay.before.nk');
    expect(textOf('accounts.conf')).toContain(`nkey: ${second}`);
    expect(textOf('accounts.conf')).not.toContain(first);
  });

  it('is whole after a rotation that was killed in between', async () => {
    const first = keyIn('relay.nk');
    cpSync(place('relay.nk'), place('relay.before.nk'));
    rmSync(place('relay.nk'));
    writeFileSync(place('relay.nk.new'), 'half a se');
    await call();
    const both = [first, keyIn('relay.nk')];
    for (const key of both) expect(textOf('accounts.conf')).toContain(`nkey: ${key}`);
    expect(new Set(both).size).toBe(2);
    expect(readdirSync(folder)).not.toContain('relay.nk.new');
  });

  it('has users for processes of several stages and for services of teams, with their rights', async () => {
    await call('--process', 'upgrade,pre-upgrade', ...withTeam());
    const accounts = textOf('accounts.conf');
    for (const user of ['pre-upgrade_upgrade', 'billing']) {
      expect(accounts).toContain(`nkey: ${keyIn(`${user}.nk`)}`);
    }
    expect(accounts).toContain('$JS.API.CONSUMER.MSG.NEXT.UPLIFT_EVENTS.billing');
    expect(accounts).toContain('_INBOX_pre-upgrade_upgrade.>');
  });

  it('loses no user that one call forgets', async () => {
    await call(...withTeam());
    await isRefused([], `${place('billing.nk')} is the seed of a user that was not named`);
    rmSync(place('billing.nk'));
    await call();
    expect(textOf('accounts.conf')).not.toContain('billing');
  });

  it('loses no user of which the key from before is left', async () => {
    await call(...withTeam());
    cpSync(place('billing.nk'), place('billing.before.nk'));
    rmSync(place('billing.nk'));
    await isRefused([], 'billing.before.nk is the seed of a user that was not named');
  });

  it.each([
    ['rotate a user that is none', ['--rotate', 'nobody'], 'there is no such user'],
    ['retire a user that is none', ['--retire', 'nobody'], 'there is no such user'],
    ['retire the only key', ['--retire', 'relay'], 'it has no key from before'],
    [
      'rotate one and retire the only key of another',
      ['--rotate', 'upgrade', '--retire', 'relay'],
      'no key from before',
    ],
  ])('does not %s', (_what, args, words) => isRefused(args, words));

  it('keeps a key from before until it is retired', async () => {
    await call('--rotate', 'relay');
    await isRefused(['--rotate', 'relay'], 'it still has a key from before');
  });

  it('rotates no key that is not there', async () => {
    rmSync(place('relay.nk'));
    await isRefused(['--rotate', 'relay'], 'it has no key yet');
  });

  it.each([
    ['nothing', ''],
    ['a secret of another kind', 'swordfish'],
    ['the seed of an account', 'SAAK3YKYQD4ZEGKAYNNKVO4DCXOBTC5P2MHCEN4E7XUMDZ2QFJBHKNQDBI'],
  ])('is refused with a file that holds %s, and tells nothing of it', async (_what, text) => {
    writeFileSync(place('relay.nk'), text);
    const before = contents();
    const told = await call().catch((error: Error) => error.message);
    expect(told).toContain(`${place('relay.nk')} holds no seed of a user`);
    if (text !== '') expect(told).not.toContain(text);
    expect(contents()).toEqual(before);
  });

  it('is refused with one key for two users', async () => {
    cpSync(place('relay.nk'), place('upgrade.nk'));
    await isRefused([], 'The keys of relay and upgrade are the same');
  });

  it.each([
    ['no JSON', 'billing', /services\.json: it is no JSON/],
    ['no list', '{}', /services\.json: must be array/],
    ['a service without a name', '[{}]', /services\.json\/0: must have required property 'name'/],
    ['a field that there is none of', '[{"name":"a","command":[]}]', /\/0: .*: command$/],
    ['a field of another kind', '[{"name":"a","events":"x"}]', /\/0\/events: must be array/],
    ['two services of one name', '[{"name":"a"},{"name":"a"}]', /two services are called "a"/],
    [
      'two services that take the messages of one durable',
      '[{"name":"a","durable":"d"},{"name":"b","durable":"d"}]',
      /"a" and "b" name the same durable "d"/,
    ],
    ['a user of ours', '[{"name":"relay"}]', /"relay": a service of Uplift has this name/],
    ['every subject', '[{"name":"a","events":[">"]}]', /"a": ">" is no subject of events/],
  ])('is refused with a list of services that holds %s', async (_what, text, words) => {
    await isRefused(['--services', servicesFile(text)], words);
  });

  it('is refused with a list of services that is not there', async () => {
    await isRefused(['--services', join(root, 'nowhere.json')], /ENOENT.*nowhere\.json/);
  });
});
