import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BusClient, connectBus } from '@uplift/bus';
import type { BusConnection } from '@uplift/bus';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import { EsdbEventStore } from '@uplift/event-store';
import type { PostgresServer } from '../../../tools/stack/src';
import { SCHEMA_VERSION } from '../../../apps/projector/src/read-model/postgres.schema';
import { Stack, projectRoot } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { allRows } from './read-model-rows';
import { appendTo, writeInstance, writeInstances } from './upgrade-histories';

const CLI = join(projectRoot(), 'dist/apps/cli/src/main.js');
const MAIN = join(projectRoot(), 'dist/apps/projector/src/main.js');

let stack: Stack;
let store: EsdbEventStore;
let bus: BusConnection;

beforeAll(async () => {
  stack = await Stack.start({
    infrastructure: ['eventstore', 'nats', 'postgres'],
    services: ['projector'],
    serviceEnv: { projector: { UPLIFT_API_TOKENS_CREATED_AFTER: '2020-01-01T00:00:00Z' } },
  });
  store = new EsdbEventStore({ connectionString: setting('UPLIFT_EVENTSTORE_URL') });
  bus = await connectBus({ servers: setting('UPLIFT_NATS_URL'), name: 'spec' });
});

afterAll(async () => {
  await store.close();
  await bus.close();
  await stack.stop();
});

function setting(name: string): string {
  const value = stack.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function databaseUrl(): string {
  return setting('UPLIFT_POSTGRES_URL');
}

async function storedEvents(): Promise<number> {
  let count = 0;
  for await (const { events, caughtUp } of store.subscribeToAll()) {
    count += events.length;
    if (caughtUp) break;
  }
  return count;
}

async function checkpointEvents(): Promise<number> {
  const { checkpoint } = await allRows(databaseUrl());
  return Number(checkpoint[0]?.events);
}

async function readiness(
  projector = stack.service('projector'),
): Promise<{ status: string; reasons: Record<string, string> }> {
  const port = projector.port('health');
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  return (await response.json()) as { status: string; reasons: Record<string, string> };
}

function rebuildEnvironment() {
  return {
    PATH: process.env.PATH,
    UPLIFT_EVENTSTORE_URL: setting('UPLIFT_EVENTSTORE_URL'),
    UPLIFT_POSTGRES_URL: databaseUrl(),
  };
}

/** Runs the rebuild as the command line does; answers what it printed, line by line. */
async function rebuildProcess(): Promise<Record<string, unknown>[]> {
  const env = rebuildEnvironment();
  const run = promisify(execFile)(process.execPath, [MAIN, '--rebuild'], { env });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('says at its start from when on API tokens count', () => {
  const lines = readFileSync(stack.service('projector').logFile, 'utf8');
  expect(lines).toContain('API tokens that were created before 2020-01-01T00:00:00.000Z do not');
});

test('a whole process projects what the store holds and answers on the bus', async () => {
  const { instanceId, position } = await writeInstance(store);
  const answer = await new BusClient(bus).request(QUERY_SUBJECTS.instanceGet, {
    instanceId,
    minPosition: position.toString(),
  });
  expect(answer).toHaveProperty('instance.status', 'running-healthy-claimed');
  expect(await readiness()).toEqual({ status: 'ok', reasons: {} });
  const port = stack.service('projector').port('health');
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toMatch(/^uplift_projection_events_total 14$/m);
  expect(metrics).toMatch(/^uplift_projection_lag_seconds 0$/m);
});

test('without tables it is not ready and says what to do; it begins by itself once they are made', async () => {
  const postgres = stack.part('postgres') as PostgresServer;
  const ownerUrl = await postgres.createDatabase('unmigrated');
  const url = postgres.urlOf('unmigrated', new URL(databaseUrl()).username);
  const settings = { UPLIFT_POSTGRES_URL: url };
  const projector = await stack.startService('projector', 'projector-without-tables', settings);
  const { reasons } = await readiness(projector);
  expect(reasons.projection).toContain('run uplift migrate');

  const env = { PATH: process.env.PATH, ...settings, UPLIFT_POSTGRES_OWNER_URL: ownerUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'migrate'], { env });
  const done = { type: 'done', from: null, version: SCHEMA_VERSION, role: 'uplift_projector' };
  expect(JSON.parse(stdout)).toEqual(done);
  await eventually(async () => expect((await readiness(projector)).status).toBe('ok'));
  await projector.stop();
});

test('killed again and again in mid-run it loses nothing and counts nothing twice', async () => {
  for (let kills = 0; kills < 3; kills += 1) {
    const seen = await checkpointEvents();
    const writing = writeInstances(store, 300);
    await eventually(async () => expect(await checkpointEvents()).toBeGreaterThan(seen));
    await stack.service('projector').kill('SIGKILL');
    await stack.service('projector').restart();
    await writing;
  }
  const total = await storedEvents();
  await eventually(async () => expect(await checkpointEvents()).toBe(total));
  const live = await allRows(databaseUrl());
  const lines = await rebuildProcess();
  expect(lines.at(-1)).toMatchObject({ type: 'done', events: total, share: 1 });
  expect(await allRows(databaseUrl())).toEqual(live);
});

test('a writer that freezes is replaced, and changes nothing when it wakes up', async () => {
  const second = await stack.startService('projector', 'projector-2');
  await writeInstances(store, 50);
  const frozen = stack.service('projector');
  frozen.signal('SIGSTOP');
  await writeInstances(store, 300);
  const total = await storedEvents();
  await eventually(async () => expect(await checkpointEvents()).toBe(total));
  frozen.signal('SIGCONT');
  await writeInstances(store, 50);
  await eventually(async () => expect(await checkpointEvents()).toBe(total + 50 * 14));
  await second.stop();
  const live = await allRows(databaseUrl());
  expect((await rebuildProcess()).at(-1)).toMatchObject({ type: 'done', events: total + 50 * 14 });
  expect(await allRows(databaseUrl())).toEqual(live);
});

test('a store that goes away is waited for', async () => {
  await stack.part('eventstore').kill('SIGKILL');
  await stack.part('eventstore').restart();
  const { instanceId } = await writeInstance(store);
  await eventually(async () => {
    const { instances } = await allRows(databaseUrl());
    expect(instances.map(({ instance_id }) => instance_id)).toContain(instanceId);
  });
});

test('an unknown event sets its instance aside, in the process and in a rebuild', async () => {
  const { instanceId, head } = await writeInstance(store);
  const unheard = [{ type: 'Unheard', data: {} }];
  await appendTo(store, `instance-${instanceId}`, head, unheard);
  const { position } = await writeInstance(store);
  const get = () =>
    new BusClient(bus).request(QUERY_SUBJECTS.instanceGet, {
      ...{ instanceId, minPosition: position.toString() },
    });
  const unreadable = { eventType: 'Unheard', revision: 14, reason: 'unknown-type' };
  expect(await get()).toMatchObject({ instance: { revision: 13, unreadable } });
  expect(await readiness()).toEqual({ status: 'ok', reasons: {} });
  const port = stack.service('projector').port('health');
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toContain('uplift_projection_unreadable_events_total{reason="unknown-type"} 1');
  const live = await allRows(databaseUrl());
  expect((await rebuildProcess()).at(-1)).toMatchObject({ type: 'done', share: 1 });
  expect(await allRows(databaseUrl())).toEqual(live);
});

test('a rebuild that is killed leaves no lock: the next one starts at once', async () => {
  await writeInstances(store, 200);
  const child = spawn(process.execPath, [MAIN, '--rebuild'], {
    env: rebuildEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  expect(JSON.parse(line.toString().split('\n')[0] ?? '')).toMatchObject({ type: 'progress' });
  child.kill('SIGKILL');
  await once(child, 'close');
  expect((await rebuildProcess()).at(-1)).toMatchObject({ type: 'done', share: 1 });
});
