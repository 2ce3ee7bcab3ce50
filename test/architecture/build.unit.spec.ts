import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';
import { isBuilt } from '../../tools/stack/src/workspace/workspace';

const NEEDED = [
  '.swcrc',
  ...['build', 'ensure-installed', 'no-options', 'progress'].map((name) => `tools/run/${name}.mjs`),
];

describe('a build beside processes that start from the last one', () => {
  let root: string;

  const write = (file: string, content: string) => writeFileSync(join(root, file), content);
  const built = (file: string) => join(root, 'dist', file);
  const fileNumber = (file: string) => statSync(built(file)).ino;
  const build = () => {
    const script = join(root, 'tools/run/build.mjs');
    return spawnSync(process.execPath, [script], { encoding: 'utf8' });
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'uplift-build-'));
    for (const folder of ['apps', 'libs', 'bench', 'test']) mkdirSync(join(root, folder));
    for (const file of NEEDED) cpSync(join(projectRoot(), file), join(root, file));
    symlinkSync(join(projectRoot(), 'node_modules'), join(root, 'node_modules'));
    write('apps/same.ts', 'export const same = 1;');
    write('apps/other.ts', 'export const other = 1;');
    expect(build()).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('replaces whole files, leaves alone what is the same, and removes what has no source', () => {
    const before = { same: fileNumber('apps/same.js'), other: fileNumber('apps/other.js') };
    write('apps/other.ts', 'export const other = 2;');
    write('apps/new.ts', 'export const added = 1;');
    expect(build().status).toBe(0);
    expect(fileNumber('apps/same.js')).toBe(before.same);
    expect(fileNumber('apps/other.js')).not.toBe(before.other);
    expect(readFileSync(built('apps/other.js'), 'utf8')).toContain('other = 2');
    rmSync(join(root, 'apps/new.ts'));
    expect(build().status).toBe(0);
    expect(existsSync(built('apps/new.js'))).toBe(false);
  });

  it('is done for whoever asks, also when only the time of a source has changed', async () => {
    expect(await isBuilt(root)).toBe(true);
    const later = new Date(statSync(built('apps/same.js')).mtimeMs + 1);
    utimesSync(join(root, 'apps/same.ts'), later, later);
    expect(await isBuilt(root)).toBe(false);
    expect(build().status).toBe(0);
    expect(await isBuilt(root)).toBe(true);
  });

  it('changes nothing when the sources cannot be compiled', () => {
    const before = readFileSync(built('apps/other.js'));
    write('apps/other.ts', 'export const other = ;');
    const { status, stderr } = build();
    expect({ status, says: stderr.includes('other.ts') }).toEqual({ status: 1, says: true });
    expect(readFileSync(built('apps/other.js'))).toEqual(before);
  });

  it('leaves nothing beside dist, and removes what a killed build has left', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    mkdirSync(join(root, `.dist-${pid}`));
    expect(build().status).toBe(0);
    expect(readdirSync(root).filter((name) => name.startsWith('.dist'))).toEqual([]);
  });
});
