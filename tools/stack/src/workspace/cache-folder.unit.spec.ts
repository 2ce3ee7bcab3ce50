import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder';

describe('the cache folder', () => {
  let parent: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'uplift-cache-spec-'));
  });

  afterEach(() => rmSync(parent, { recursive: true }));

  const name = `uplift-cache-${process.getuid?.() ?? 0}`;
  const unusable = () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    return file;
  };

  it('is named after its owner, and the same each time', async () => {
    expect(await cacheFolder([parent])).toBe(join(parent, name));
    expect(await cacheFolder([parent])).toBe(join(parent, name));
  });

  it('is the next one where the first cannot be used', async () => {
    expect(await cacheFolder([unusable(), parent])).toBe(join(parent, name));
  });

  it('says what is wrong with each and what to do', async () => {
    await expect(cacheFolder([unusable()])).rejects.toThrow(
      /uplift-cache-\d+ cannot be used \(.*\): set TMPDIR to a folder where programs can run/,
    );
  });

  it('is refused when it is not a folder of our own', async () => {
    writeFileSync(join(parent, name), '');
    await expect(cacheFolder([parent])).rejects.toThrow('set TMPDIR');
  });
});
