import { systemRandomness } from '@uplift/runtime';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PasswordFolder } from './password-folder';

describe('the folder of passwords', () => {
  let root: string;
  let path: string;
  let folder: PasswordFolder;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'uplift-passwords-'));
    path = join(root, 'store-users');
    folder = new PasswordFolder(path, systemRandomness);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const modeOf = (name: string) => statSync(join(path, name)).mode & 0o777;

  it('makes one for its owner alone, and keeps it', async () => {
    expect(await folder.password('api')).toBeUndefined();
    const made = await folder.make('api');
    expect(Buffer.from(made, 'base64url')).toHaveLength(32);
    expect(await folder.make('api')).toBe(made);
    expect(await folder.password('api')).toBe(made);
    expect(await folder.make('relay')).not.toBe(made);
    expect(readdirSync(path).sort()).toEqual(['api.password', 'relay.password']);
    expect(modeOf('api.password')).toBe(0o600);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('gives all that make one at once the same', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => folder.make('api')));
    expect(new Set(made).size).toBe(1);
    expect(readdirSync(path)).toEqual(['api.password']);
  });

  it('replaces one, and forgets one', async () => {
    const before = await folder.make('api');
    const after = await folder.replace('api');
    expect(after).not.toBe(before);
    expect(await folder.password('api')).toBe(after);
    expect(modeOf('api.password')).toBe(0o600);
    await folder.forget('api');
    await folder.forget('api');
    expect(readdirSync(path)).toEqual([]);
  });

  it('takes one that was put there, as it stands in its line', async () => {
    await folder.make('relay');
    writeFileSync(folder.placeOf('api'), ' a given: one@% \n');
    expect(await folder.make('api')).toBe(' a given: one@% ');
  });

  it.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['two lines', 'one\ntwo\n'],
  ])('takes no file that holds %s, and tells nothing of it', async (_what, text) => {
    await folder.make('relay');
    writeFileSync(folder.placeOf('api'), text);
    const told = folder.make('api');
    await expect(told).rejects.toThrow(`${folder.placeOf('api')} holds no password`);
    await expect(told).rejects.not.toThrow('two');
  });

  it('writes for each user that has one a connection string, for its owner alone', async () => {
    await folder.make('relay');
    writeFileSync(folder.placeOf('api'), 'p@ss:word/%');
    const store = 'esdb+discover://me:secret@store:2113?tls=true&tlsCAFile=/ca.pem';
    const users = ['api', 'relay', 'projector'];
    await folder.writeConnectionStrings(new Map(users.map((user) => [user, store])));
    expect(readFileSync(join(path, 'api.url'), 'utf8')).toBe(
      'esdb+discover://api:p%40ss%3Aword%2F%25@store:2113?tls=true&tlsCAFile=/ca.pem\n',
    );
    expect(modeOf('api.url')).toBe(0o600);
    expect(readdirSync(path)).not.toContain('projector.url');
    expect(await folder.storeOf('api')).toBe(
      'esdb+discover://store:2113?tls=true&tlsCAFile=/ca.pem',
    );
    expect(await folder.storeOf('projector')).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['something else', 'hidden'],
    ['nobody', 'esdb://store:2113?tls=true'],
    ['another user', 'esdb://relay:hidden@store:2113?tls=true'],
    ['two lines', 'esdb://api:hidden@store:2113\nesdb://api:hidden@store:2113'],
  ])('takes no connection string of a user from a file of %s', async (_what, text) => {
    await folder.make('api');
    writeFileSync(join(path, 'api.url'), text);
    const told = folder.storeOf('api');
    await expect(told).rejects.toThrow(
      `${join(path, 'api.url')} holds no connection string of api: delete the file, or say with --service-url`,
    );
    await expect(told).rejects.not.toThrow('hidden');
  });
});
