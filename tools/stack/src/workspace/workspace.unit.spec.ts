import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBuilt } from './workspace';

describe('a build', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'uplift-build-'));
    write('libs/a/src/a.ts', 10);
    write('dist/libs/a/src/a.js', 20);
  });

  afterEach(() => rmSync(root, { recursive: true }));

  function write(file: string, second: number): void {
    const path = join(root, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '');
    utimesSync(path, second, second);
  }

  it('is current when every output is at least as new as its source', async () => {
    expect(await isBuilt(root)).toBe(true);
  });

  it('is not current when a source changed', async () => {
    write('libs/a/src/a.ts', 30);
    expect(await isBuilt(root)).toBe(false);
  });

  it('is not current when a source is new, even an old file', async () => {
    write('tools/b/b.ts', 5);
    expect(await isBuilt(root)).toBe(false);
  });

  it('does not mind specs', async () => {
    write('libs/a/src/a.unit.spec.ts', 30);
    expect(await isBuilt(root)).toBe(true);
  });
});
