import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectRoot } from '../../tools/stack/src';
import { eventually } from '../support/eventually';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'uplift-deploy-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function run(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(join(projectRoot(), 'deploy', script), args, {
    env: { ...process.env, ...env },
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { out, err, code };
}

async function program(name: string, script: string): Promise<void> {
  await mkdir(join(dir, 'bin'), { recursive: true });
  await writeFile(join(dir, 'bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, 'bin', name), 0o755);
}

describe('deploy/pin-images', () => {
  const FILES = ['docker-compose.yml', 'Dockerfile', 'deploy/kubernetes'];
  const path = () => ({ PATH: `${join(dir, 'bin')}:${process.env.PATH}` });
  const written = (file: string) => readFile(join(dir, file), 'utf8');

  beforeEach(async () => {
    for (const file of FILES) {
      await cp(join(projectRoot(), file), join(dir, file), { recursive: true });
    }
  });

  it('writes the digest of every image of others, and writes the new one when it is run again', async () => {
    await program('docker', `echo ${DIGEST}`);
    expect((await run('pin-images', ['--check', dir])).code).toBe(1);
    expect(await run('pin-images', [dir], path())).toMatchObject({ code: 0, err: '' });
    expect(await run('pin-images', ['--check', dir])).toMatchObject({ code: 0, err: '' });
    expect(await written('docker-compose.yml')).toMatch(
      new RegExp(`image: nats:[\\w.-]+@${DIGEST}\n`),
    );
    expect(await written('docker-compose.yml')).toContain('image: uplift:0.1.0\n');
    expect(await written('Dockerfile')).toMatch(
      new RegExp(`FROM node:[\\w.-]+@${DIGEST} AS build`),
    );
    const other = DIGEST.replaceAll('ab', 'cd');
    await program('docker', `echo ${other}`);
    await run('pin-images', [dir], path());
    expect(await written('Dockerfile')).not.toContain(DIGEST);
    expect(await written('Dockerfile')).toContain(other);
  });

  it('changes nothing where a registry does not answer, and says so in one line', async () => {
    await program('docker', 'echo "no route" >&2; exit 1');
    const before = await written('docker-compose.yml');
    const { code, err } = await run('pin-images', [dir], path());
    expect(code).toBe(1);
    expect(err.trim()).toBe(
      'pin-images: nothing was changed, a registry could not be asked: no route',
    );
    expect(await written('docker-compose.yml')).toBe(before);
  });
});

describe('a backup of the files of a node', () => {
  const FILES = [
    ...['chaser.chk', 'writer.chk', 'chunk-000000.000000', 'chunk-000001.000000'],
    ...['index/indexmap', 'index/stream-existence/filter.dat', 'index/stream-existence/filter.chk'],
  ];
  const at = (...names: readonly string[]) => join(dir, ...names);

  beforeEach(async () => {
    for (const file of FILES) {
      await mkdir(join(at('data', file), '..'), { recursive: true });
      await writeFile(at('data', file), file);
    }
  });

  it('takes what says how far the others are valid before them, the index first', async () => {
    await program('cp', `echo "$2" >>${at('copied')}; exec /bin/cp "$@"`);
    const path = { PATH: `${at('bin')}:${process.env.PATH}` };
    expect((await run('backup-store', [at('data'), at('backup')], path)).code).toBe(0);
    const copied = (await readFile(at('copied'), 'utf8')).trim().split('\n');
    const order = copied.map((file) =>
      [
        file.includes('/index/') ? 'index' : 'database',
        file.endsWith('.chk') ? 'mark' : 'file',
      ].join(' '),
    );
    expect(order).toEqual([
      ...['index mark', 'index file', 'index file'],
      ...['database mark', 'database mark', 'database file', 'database file'],
    ]);
  });

  it('is restored whole, and cut off behind its checkpoint', async () => {
    await run('backup-store', [at('data'), at('backup')]);
    expect((await run('restore-store', [at('backup'), at('empty')])).code).toBe(0);
    for (const file of FILES) expect(await readFile(at('empty', file), 'utf8')).toBe(file);
    expect(await readdir(at('empty'))).not.toContain('complete');
    expect(await readFile(at('empty', 'truncate.chk'), 'utf8')).toBe('chaser.chk');
  });

  it('is made and restored also by a shell that gets the scripts through its input', async () => {
    for (const [script, from, to] of [
      ['backup-store', 'data', 'backup'],
      ['restore-store', 'backup', 'empty'],
    ] as const) {
      const input = await readFile(join(projectRoot(), 'deploy', script));
      const { status, stderr } = spawnSync('sh', ['-s', at(from), at(to)], { input });
      expect([script, status, stderr.toString()]).toEqual([script, 0, '']);
    }
    for (const file of FILES) expect(await readFile(at('empty', file), 'utf8')).toBe(file);
  });

  it('is restored into a volume that belongs to somebody else, whose own modes and times it leaves', async () => {
    await run('backup-store', [at('data'), at('backup')]);
    const refusal = 'case "$each" in */.) echo "Operation not permitted" >&2; exit 1 ;; esac';
    await program('cp', `for each; do ${refusal}; done; exec /bin/cp "$@"`);
    const path = { PATH: `${at('bin')}:${process.env.PATH}` };
    const restored = await run('restore-store', [at('backup'), at('empty')], path);
    expect(restored).toMatchObject({ code: 0, err: '' });
    for (const file of FILES) expect(await readFile(at('empty', file), 'utf8')).toBe(file);
  });

  it.each([
    ['that it makes', () => Promise.resolve()],
    ['that was there', () => mkdir(at('backup'))],
  ])('is read by nobody else, in a directory %s', async (_which, prepare) => {
    const mask = process.umask(0o022);
    try {
      await prepare();
      await run('backup-store', [at('data'), at('backup')]);
    } finally {
      process.umask(mask);
    }
    const { mode } = await stat(at('backup'));
    expect(mode & 0o777).toBe(0o700);
    expect((await stat(at('backup', 'index'))).mode & 0o077).toBe(0);
    expect((await stat(at('backup', 'complete'))).mode & 0o077).toBe(0);
  });

  it.each([
    ['what is there cannot be listed whole', 'find', '/usr/bin/find "$@"; exit 1'],
    ['a file cannot be copied', 'cp', 'exit 1'],
  ])('is none where %s', async (_what, name, script) => {
    await program(name, script);
    const path = { PATH: `${at('bin')}:${process.env.PATH}` };
    expect((await run('backup-store', [at('data'), at('backup')], path)).code).toBe(1);
    const restored = await run('restore-store', [at('backup'), at('empty')]);
    expect(restored).toMatchObject({ code: 1, out: '' });
    expect(await readdir(at('empty'))).toEqual([]);
  });

  it.each([
    ['lacks a file', () => rm(at('backup', 'chunk-000001.000000'))],
    ['has half of a file', () => truncate(at('backup', 'chunk-000001.000000'), 3)],
    ['has one file more', () => writeFile(at('backup', 'chunk-000001.000000.part'), '')],
  ])('is not restored where it %s', async (_what, damage) => {
    await run('backup-store', [at('data'), at('backup')]);
    await damage();
    const { code, err } = await run('restore-store', [at('backup'), at('empty')]);
    expect([code, err.includes('/chunk-000001.000000')]).toEqual([1, true]);
    expect(await readdir(at('empty'))).toEqual([]);
  });

  it('overwrites nothing', async () => {
    await run('backup-store', [at('data'), at('backup')]);
    for (const [script, from] of [
      ['backup-store', 'data'],
      ['restore-store', 'backup'],
    ] as const) {
      await writeFile(at('backup', 'mine'), 'mine');
      const { code, err } = await run(script, [at(from), at('backup')]);
      expect([code, err.includes('is not empty')]).toEqual([1, true]);
    }
  });
});

describe('deploy/lagoon-token', () => {
  it('replaces the token in one step, readable for the containers and nobody else', async () => {
    const file = join(dir, 'token');
    expect(await run('lagoon-token', [file, '0', 'echo', 'first'])).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).toBe('first\n');
    const { ino, mode, gid } = await stat(file);
    expect(mode & 0o777).toBe(0o440);
    if (process.getuid?.() === 0) expect(gid).toBe(1000);
    await run('lagoon-token', [file, '0', 'echo', 'second']);
    expect(await readFile(file, 'utf8')).toBe('second\n');
    expect((await stat(file)).ino).not.toBe(ino);
  });

  it.each([
    ['fails', 'false'],
    ['writes nothing', 'true'],
  ])('keeps the old token when its command %s', async (_what, command) => {
    const file = join(dir, 'token');
    await writeFile(file, 'old');
    const { code, err } = await run('lagoon-token', [file, '0', command]);
    expect([code, err.includes('the old one stays')]).toEqual([1, true]);
    expect(await readFile(file, 'utf8')).toBe('old');
    expect((await readdir(dir)).sort()).toEqual(['token', 'token.lock']);
  });

  it('does not wait for a command that hangs, and clears away what one of before has left', async () => {
    const file = join(dir, 'token');
    await writeFile(file, 'old');
    await writeFile(`${file}.new.abcdef`, 'half');
    const limit = { LAGOON_TOKEN_TIMEOUT: '0.1' };
    const { code } = await run(
      'lagoon-token',
      [file, '0', 'sh', '-c', 'echo half; sleep 600'],
      limit,
    );
    expect(code).toBe(1);
    expect(await readFile(file, 'utf8')).toBe('old');
    expect((await readdir(dir)).sort()).toEqual(['token', 'token.lock']);
  });

  it('is alone with its file, until it ends', async () => {
    const file = join(dir, 'token');
    const args = [file, '600', 'echo', 'first'];
    const first = spawn(join(projectRoot(), 'deploy/lagoon-token'), args, { stdio: 'ignore' });
    const ended = once(first, 'exit');
    await eventually(async () => expect(await readFile(file, 'utf8')).toBe('first\n'));
    const second = await run('lagoon-token', [file, '0', 'echo', 'second']);
    expect(second).toMatchObject({
      code: 1,
      err: expect.stringContaining('another one') as string,
    });
    expect(await readFile(file, 'utf8')).toBe('first\n');
    first.kill('SIGTERM');
    await ended;
    expect(await run('lagoon-token', [file, '0', 'echo', 'third'])).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).toBe('third\n');
  });

  it('says how it is used', async () => {
    expect(await run('lagoon-token', [])).toMatchObject({ code: 2, out: '' });
  });
});
