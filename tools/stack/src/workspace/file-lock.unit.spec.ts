import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exclusively } from './file-lock';

describe('an exclusive action', () => {
  let folder: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-exclusive-'));
    lock = join(folder, 'lock');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('runs alone and leaves no lock, also after a failure', async () => {
    const running: string[] = [];
    const action = (name: string) => async () => {
      running.push(`${name} begins`);
      await Promise.resolve();
      running.push(`${name} ends`);
      if (name === 'a') throw new Error('a failed');
    };
    const outcomes = await Promise.allSettled([
      exclusively(lock, action('a')),
      exclusively(lock, action('b')),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(running[1]?.charAt(0)).toBe(running[0]?.charAt(0));
    expect(existsSync(lock)).toBe(false);
  });

  it('names its owner in the lock', async () => {
    const owner = await exclusively(lock, () => Promise.resolve(readFileSync(lock, 'utf8')));
    expect(owner).toBe(String(process.pid));
  });

  it.each([
    ['a dead process', '4194305'],
    ['a process that died before it wrote its id', ''],
  ])('takes over the lock of %s', async (_, content) => {
    writeFileSync(lock, content);
    utimesSync(lock, 0, 0);
    expect(await exclusively(lock, () => Promise.resolve('done'))).toBe('done');
  });
});
