import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pingNats } from '../nats/nats-server';
import { isRunning } from '../process/process-info';
import type { ManagedProcessOptions } from '../process/managed-process';
import { ManagedProcess } from '../process/managed-process';
import type { TempFolder } from '../process/temp-folder';
import { createTempFolder } from '../process/temp-folder';
import { survivors } from '../testing/gone';
import { projectRoot } from '../workspace/workspace';
import { Stack } from './stack';

const portOf = (url: string) => Number(new URL(url).port);

describe('the infrastructure of a stack', () => {
  it('is four processes that services find by settings, and nothing is left after stop', async () => {
    const stack = await Stack.start({ services: [] });
    const pids = stack.parts.map(({ pid }) => pid);
    expect(stack.parts.map(({ name }) => name).sort()).toEqual([
      'eventstore',
      'lagoon',
      'nats',
      'postgres',
    ]);
    expect(stack.env).toMatchObject({
      UPLIFT_EVENTSTORE_URL: expect.stringMatching(
        /^esdb:\/\/127\.0\.0\.1:\d+\?tls=false$/,
      ) as string,
      UPLIFT_NATS_URL: stack.url('nats'),
      UPLIFT_POSTGRES_URL: stack.url('postgres'),
      UPLIFT_LAGOON_URL: stack.url('lagoon'),
    });
    await stack.stop();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(existsSync(stack.dir)).toBe(false);
  });

  it('keeps its addresses over kill and restart of each part', async () => {
    const stack = await Stack.start({ services: [] });
    for (const part of stack.parts) {
      await part.kill();
      await part.restart();
    }
    expect(await pingNats(portOf(stack.url('nats')))).toBe(true);
    const page = await fetch(stack.url('lagoon'), { method: 'POST', body: '{}' });
    expect(page.status).toBeLessThan(500);
    await stack.stop();
  });

  it('uses a database that is named instead of starting one', async () => {
    process.env.UPLIFT_TEST_POSTGRES_URL = 'postgres://somebody@elsewhere/db';
    const stack = await Stack.start({ infrastructure: ['postgres'], services: [] });
    delete process.env.UPLIFT_TEST_POSTGRES_URL;
    expect(stack.parts).toEqual([]);
    expect(stack.url('postgres')).toBe('postgres://somebody@elsewhere/db');
    expect(() => stack.part('postgres')).toThrow('postgres is not run by this stack');
    await stack.stop();
  });

  it('is stopped when one part cannot start', async () => {
    const simulator = { UPLIFT_SIMULATOR_PORT: 'no number' };
    const failing = Stack.start({ infrastructure: ['nats', 'lagoon'], services: [], simulator });
    await expect(failing).rejects.toThrow(/^lagoon ended before it was ready/);
  });
});

describe('the services of a stack', () => {
  it('may run twice, and come back where they were', async () => {
    const infrastructure = ['nats', 'eventstore'] as const;
    const stack = await Stack.start({ infrastructure, services: ['relay'] });
    const second = await stack.startService('relay', 'relay-2');
    const first = stack.service('relay');
    const { ports } = first;
    expect(second.port('health')).not.toBe(first.port('health'));
    await first.kill();
    await first.restart();
    expect(first.ports).toEqual(ports);
    expect((await fetch(`http://127.0.0.1:${first.port('health')}/health/live`)).status).toBe(200);
    expect(() => stack.service('relay-3')).toThrow('relay-3 does not run in this stack');
    await stack.stop();
    expect([first, second].map(({ pid }) => pid).filter(isRunning)).toEqual([]);
  });
});

describe('the process that holds a stack', () => {
  let folder: TempFolder;

  beforeAll(async () => {
    folder = await createTempFolder();
  });

  afterAll(() => folder.remove());

  const hold = (name: string, more: Partial<ManagedProcessOptions> = {}) =>
    ManagedProcess.start({
      name,
      script: 'dist/tools/stack/src/main.js',
      args: ['--services', 'none'],
      dir: folder.path,
      ...more,
    });

  const heldBy = ({ logFile }: ManagedProcess) =>
    [...readFileSync(logFile, 'utf8').matchAll(/: process (\d+)/g)].map(([, pid]) => Number(pid));

  it('takes everything with it when it is killed', async () => {
    const holder = await hold('killed');
    const pids = heldBy(holder);
    expect(pids.filter(isRunning)).toHaveLength(4);
    await holder.kill();
    expect(await survivors(pids)).toEqual([]);
  });

  it('stops everything on an interrupt', async () => {
    const holder = await hold('interrupted');
    const pids = heldBy(holder);
    expect(await holder.kill('SIGINT')).toEqual({ code: 0, signal: null });
    expect(pids.filter(isRunning)).toEqual([]);
  });

  it('starts everything from a folder whose path has a blank, # and %', async () => {
    const odd = join(folder.path, 'up lift #1 100%');
    mkdirSync(odd);
    for (const name of ['nest-cli.json', 'node_modules', 'dist', 'package.json']) {
      symlinkSync(join(projectRoot(), name), join(odd, name));
    }
    const holder = await hold('odd', {
      script: join(odd, 'dist/tools/stack/src/main.js'),
      args: ['--services', 'relay,projector,command-api,upgrade'],
      // Each process then sees the odd path as its own.
      env: { NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main' },
    });
    expect(heldBy(holder)).toHaveLength(8);
    expect(await holder.kill('SIGINT')).toEqual({ code: 0, signal: null });
  });
});
