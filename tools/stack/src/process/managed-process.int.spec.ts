import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, projectRoot } from '../workspace/workspace';
import { survivors } from '../testing/gone';
import { writeScript } from '../testing/script';
import { ManagedProcess } from './managed-process';
import type { TempFolder } from './temp-folder';
import { createTempFolder } from './temp-folder';

const ECHO = `
const server = require('node:http').createServer((_, response) => response.end(JSON.stringify(process.env)));
void runtime.runUntilStopped({
  name: 'echo',
  start: () => new Promise((resolve) => server.listen(Number(process.env.UPLIFT_HTTP_PORT ?? 0), '127.0.0.1', () =>
    resolve({ ports: { http: server.address().port }, stop: async () => void server.close() }))),
});`;

describe('a managed process', () => {
  let folder: TempFolder;
  const started: ManagedProcess[] = [];

  beforeAll(async () => {
    await ensureBuilt();
    folder = await createTempFolder();
  });

  afterAll(async () => {
    await Promise.all(started.map((managed) => managed.kill()));
    await folder.remove();
  });

  const start = async (name: string, body: string, env: Record<string, string> = {}) => {
    const script = writeScript(folder.path, name, body);
    const pinnedPorts = { http: 'UPLIFT_HTTP_PORT' };
    const managed = await ManagedProcess.start({
      name,
      script,
      dir: folder.path,
      env,
      pinnedPorts,
    });
    started.push(managed);
    return managed;
  };

  const environmentOf = async (managed: ManagedProcess) => {
    const response = await fetch(`http://127.0.0.1:${managed.port('http')}`);
    return (await response.json()) as Record<string, string>;
  };

  it('is ready with its ports, and logs to a file of its own', async () => {
    const managed = await start('ready', ECHO);
    expect(managed.port('http')).toBeGreaterThan(0);
    expect(() => managed.port('grpc')).toThrow('ready announced no port named grpc');
    expect(readFileSync(managed.logFile, 'utf8')).toContain('"msg":"ready"');
  });

  it('sees the settings it was given and no other of ours', async () => {
    process.env.UPLIFT_LOG_LEVEL = 'silent';
    const managed = await start('settings', ECHO, { UPLIFT_STAGES: 'upgrade' });
    delete process.env.UPLIFT_LOG_LEVEL;
    const environment = await environmentOf(managed);
    expect(environment).toMatchObject({ UPLIFT_STAGES: 'upgrade', PATH: process.env.PATH });
    expect(environment).not.toHaveProperty('UPLIFT_LOG_LEVEL');
  });

  it('stops gracefully', async () => {
    const managed = await start('graceful', ECHO);
    expect(await managed.stop()).toEqual({ code: 0, signal: null });
    expect(readFileSync(managed.logFile, 'utf8')).toContain('"cause":"SIGTERM","msg":"stopped"');
  });

  it('comes back on the same port after a kill', async () => {
    const managed = await start('killed', ECHO);
    const { pid, ports } = managed;
    expect(await managed.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await managed.restart();
    expect(managed.ports).toEqual(ports);
    expect(managed.pid).not.toBe(pid);
    expect(await environmentOf(managed)).toHaveProperty('UPLIFT_HTTP_PORT', String(ports.http));
  });

  it('fails with the end of its log when it ends before it is ready', async () => {
    const body = "console.log('no disk'); process.exit(3);";
    await expect(start('ending', body)).rejects.toThrow(
      /^ending ended before it was ready \(exit code 3\)\. The end of .*ending\.log:\nno disk$/,
    );
  });

  it('is killed when it is not ready in time', async () => {
    const script = writeScript(folder.path, 'idle', 'setInterval(() => undefined, 1000);');
    const options = { name: 'idle', script, dir: folder.path, readyLimitMs: 300 };
    await expect(ManagedProcess.start(options)).rejects.toThrow(/^idle was not ready after 300 ms/);
  });

  it('tells what it uses where the system does', async () => {
    const managed = await start('usage', ECHO);
    if (process.platform !== 'linux') return expect(managed.usage()).toBeUndefined();
    expect(managed.usage()?.peakRssBytes).toBeGreaterThan(10_000_000);
    expect(managed.usage()?.cpuSeconds).toBeGreaterThan(0);
  });
});

describe('a process of ours', () => {
  let folder: TempFolder;

  beforeAll(async () => {
    await ensureBuilt();
    folder = await createTempFolder();
  });

  afterAll(() => folder.remove());

  const run = async (name: string, body: string) => {
    const script = writeScript(folder.path, name, body);
    const failure = ManagedProcess.start({ name, script, dir: folder.path });
    return failure.then(
      (managed) => managed,
      (error: Error) => error.message,
    );
  };

  const started = (stop: string) =>
    `void runtime.runUntilStopped({ name: 'x', stopLimitMs: 200, start: async () => ({ ports: {}, stop: ${stop} }) });`;

  it('ends with code 1 and every problem when its configuration is not usable', async () => {
    const body = `void runtime.runService({ name: 'x', settings: ['natsUrl', 'eventStoreUrl'], module: () => class {} });`;
    const message = await run('configuration', body);
    expect(message).toContain('exit code 1');
    expect(message).toContain('  - UPLIFT_NATS_URL is missing');
    expect(message).toContain('  - UPLIFT_EVENTSTORE_URL is missing');
  });

  it.each([
    ['an unhandled rejection', "void Promise.reject(new Error('defect'));", 'unhandled rejection'],
    ['an uncaught exception', "throw new Error('defect');", 'uncaught exception'],
  ])('ends with code 1 after %s', async (_, defect, logged) => {
    const body = `${started('async () => {}')}\nsetInterval(() => { ${defect} }, 50);`;
    const managed = (await run('defect', body)) as ManagedProcess;
    expect(await managed.exited).toEqual({ code: 1, signal: null });
    expect(readFileSync(managed.logFile, 'utf8')).toContain(`"msg":"${logged}"`);
  });

  it('logs a defect with its place in the sources', async () => {
    const body = `${started('async () => {}')}\nsetImmediate(() => new runtime.Metrics('x').counter());`;
    const managed = (await run('place', body)) as ManagedProcess;
    await managed.exited;
    const place = join(projectRoot(), 'libs/runtime/src/health/metrics.ts:');
    expect(readFileSync(managed.logFile, 'utf8')).toContain(`(${place}`);
  });

  it('ends with code 1 when its stop takes too long or fails', async () => {
    const slow = (await run('slow', started('() => new Promise(() => {})'))) as ManagedProcess;
    expect(await slow.stop()).toEqual({ code: 1, signal: null });
    const failing = (await run('failing', started('async () => { throw 1; }'))) as ManagedProcess;
    expect(await failing.stop()).toEqual({ code: 1, signal: null });
  });

  it('waits for the end of its start before it stops', async () => {
    const body = `
      let finish; process.on('SIGUSR2', () => finish());
      void runtime.runUntilStopped({ name: 'x', start: () => { runtime.announceReady({}); setInterval(() => {}, 1000);
        return new Promise((resolve) => { finish = () => resolve({ ports: {}, stop: async () => console.log('drained') }); }); } });`;
    const managed = (await run('starting', body)) as ManagedProcess;
    managed.signal('SIGTERM');
    managed.signal('SIGUSR2');
    expect(await managed.exited).toEqual({ code: 0, signal: null });
    expect(readFileSync(managed.logFile, 'utf8')).toContain('drained');
  });

  it('stops by itself when its parent is gone', async () => {
    const parent = `
      const child = require('node:child_process').spawn(process.execPath, [process.argv[2]], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', () => runtime.announceReady({ child: child.pid }));`;
    const child = writeScript(folder.path, 'orphan', started('async () => {}'));
    const managed = await ManagedProcess.start({
      name: 'parent',
      script: writeScript(folder.path, 'parent', parent),
      args: [child],
      dir: folder.path,
    });
    await managed.kill();
    expect(await survivors([managed.port('child')])).toEqual([]);
    expect(readFileSync(managed.logFile, 'utf8')).toContain(
      '"cause":"parent-gone","msg":"stopped"',
    );
  });
});
