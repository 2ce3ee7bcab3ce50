import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

const root = projectRoot();

function check(...args: readonly string[]) {
  const script = join(root, 'tools/run/check-engines.mjs');
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

describe('the Node lines that the dependencies support', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-engines-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const planted = (node?: string) => {
    const file = join(folder, 'package-lock.json');
    const engines = node === undefined ? {} : { engines: { node } };
    writeFileSync(
      file,
      JSON.stringify({ packages: { 'node_modules/a': { version: '1.2.3', ...engines } } }),
    );
    return check(file);
  };

  it('are all of ours', () => {
    expect(check()).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([undefined, '>=18', '^20.19.0 || ^22.13.0 || >=24', '*'])('include %s', (range) => {
    expect(planted(range).status).toBe(0);
  });

  it.each([
    ['>=20 <=24', '26.0.0, 26.999.0'],
    ['>=22', '20.19.0, 20.999.0'],
    ['^20.19.0 || ^22.14.0 || >=24', '22.13.0'],
    ['^20.19.0 || ^22.13.0 || >=25', '24.0.0, 24.999.0'],
  ])('do not include %s', (range, refused) => {
    const { status, stderr } = planted(range);
    expect(status).toBe(1);
    expect(stderr).toBe(`node_modules/a@1.2.3 wants Node ${range}: refuses ${refused}\n`);
  });

  it('are what the lockfile was made for', () => {
    const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as unknown;
    const { engines } = read('package.json') as { engines: unknown };
    expect(read('package-lock.json')).toMatchObject({ packages: { '': { engines } } });
  });
});
