import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../exit-code';
import { storedToken, storeToken } from './credentials';

describe('the stored tokens', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-credentials-'));
    path = join(folder, 'uplift', 'credentials.json');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('are each for one address, in a file that nobody else may read', () => {
    expect(storedToken(path, 'http://one.example.com:3000')).toBeUndefined();
    storeToken(path, 'http://one.example.com:3000/', 'first');
    storeToken(path, 'https://two.example.com', 'second');
    storeToken(path, 'http://one.example.com:3000', 'third');

    expect(storedToken(path, 'http://one.example.com:3000/v1')).toBe('third');
    expect(storedToken(path, 'https://two.example.com')).toBe('second');
    expect(storedToken(path, 'https://one.example.com:3000')).toBeUndefined();
    expect(storedToken(path, 'http://one.example.com')).toBeUndefined();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('first');
  });

  it('are not used where others may read them', () => {
    storeToken(path, 'http://one.example.com', 'first');
    chmodSync(path, 0o640);
    const asUsage = expect.objectContaining({ exitCode: EXIT.usage }) as Error;
    expect(() => storedToken(path, 'http://one.example.com')).toThrow(asUsage);
    expect(() => storedToken(path, 'http://one.example.com')).toThrow(/chmod 600/);
  });

  it.each(['', 'no json: secret', 'null', '7'])(
    'that are damaged are named, not shown: %j',
    (text) => {
      storeToken(path, 'http://one.example.com', 'first');
      writeFileSync(path, text);
      expect(() => storedToken(path, 'http://one.example.com')).toThrow(/is no JSON object/);
      expect(() => storedToken(path, 'http://one.example.com')).not.toThrow(/secret/);
    },
  );
});
