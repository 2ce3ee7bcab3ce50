import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFolder } from './replace-folder';

describe('the replacement of a folder', () => {
  let parent: string;
  let folder: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'uplift-replace-'));
    folder = join(parent, 'kept');
    mkdirSync(folder);
    writeFileSync(join(folder, 'old'), 'old');
  });

  afterEach(() => rmSync(parent, { recursive: true }));

  it('puts the filled folder in its place, whether there was one or not', async () => {
    const fill = async (staging: string) => {
      await writeFile(join(staging, 'new'), 'new');
      return staging;
    };
    await replaceFolder(folder, fill);
    await replaceFolder(join(parent, 'first'), fill);
    expect(readdirSync(folder)).toEqual(['new']);
    expect(readdirSync(parent).sort()).toEqual(['first', 'kept']);
  });

  it('keeps only the folder inside that is the result', async () => {
    await replaceFolder(folder, async (staging) => {
      await writeFile(join(staging, 'archive'), '');
      await mkdir(join(staging, 'inner'));
      await writeFile(join(staging, 'inner', 'new'), 'new');
      return join(staging, 'inner');
    });
    expect(readFileSync(join(folder, 'new'), 'utf8')).toBe('new');
    expect(readdirSync(parent)).toEqual(['kept']);
  });

  it('leaves everything as it was when the filling fails', async () => {
    const failing = replaceFolder(folder, async (staging) => {
      await writeFile(join(staging, 'half'), '');
      throw new Error('no disk');
    });
    await expect(failing).rejects.toThrow('no disk');
    expect(readdirSync(parent)).toEqual(['kept']);
    expect(readdirSync(folder)).toEqual(['old']);
  });
});
