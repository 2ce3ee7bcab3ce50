import { execFile } from 'node:child_process';
import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { StoredEvent } from '@uplift/contracts';
import { EsdbEventStore } from '@uplift/event-store';
import { Client } from 'pg';
import { migrateDatabase } from '../../apps/projector/src/read-model/postgres.migration';
import { ManagedProcess } from '../../tools/stack/src';
import { leaderOf } from '../support/bus-reader';
import { eventually } from '../support/eventually';
import type { KeptAlive } from '../support/kept-alive';
import type { Inject } from './process-faults';
import type { Rig } from './rig';

const run = promisify(execFile);

/** What happens between a copy and its return. */
const COPY_AGE_MS = 4_000;
const SOON_MS = 120_000;
/** A bus that is whole has a leader long before. */
const ELECTION_MS = 40_000;

export const wipeBus: Inject = async (rig) => {
  await allDown(rig.nodes);
  await Promise.all(busFolders(rig).map((folder) => rm(folder, { recursive: true })));
  return () => allUp(rig.nodes);
};

/** A node that follows: it is filled again by the others. */
export const wipeBusNode: Inject = async (rig) => {
  const leader = await eventually(() => leaderOf(rig.bus), SOON_MS);
  const n = leader === 'node-1' ? 1 : 0;
  const node = rig.nodes[n]!;
  await node.takeDown();
  await rm(busFolders(rig)[n]!, { recursive: true });
  return () => node.bringBack();
};

/** The end of what was confirmed is gone, as after a power failure: the newest file of each node's stream is cut. */
export const truncateBus: Inject = async (rig) => {
  await allDown(rig.nodes);
  await Promise.all(busFolders(rig).map(cutNewestBlock));
  return () => bringBusBack(rig);
};

export const rollBackBus: Inject = async (rig) => {
  const copies = busFolders(rig).map((folder) => `${folder}-copy`);
  await allDown(rig.nodes);
  await Promise.all(busFolders(rig).map((folder, n) => copyFolder(folder, copies[n]!)));
  await allUp(rig.nodes);
  await pause(COPY_AGE_MS);
  await allDown(rig.nodes);
  await Promise.all(busFolders(rig).map((folder, n) => copyFolder(copies[n]!, folder)));
  return () => bringBusBack(rig);
};

/**
 * Nodes that have all lost the same end of their stream may find no leader for ever: then it is deleted, as the page
 * for operators says.
 */
async function bringBusBack(rig: Rig): Promise<void> {
  await allUp(rig.nodes);
  const hasLeader = await eventually(() => leaderOf(rig.bus), ELECTION_MS).then(
    () => true,
    () => false,
  );
  if (hasLeader) return;
  await allDown(rig.nodes);
  await Promise.all(busFolders(rig).map((folder) => rm(folder, { recursive: true })));
  await allUp(rig.nodes);
}

export const emptyDatabase: Inject = async ({ ownerUrl, databaseUrl }) => {
  await eventually(() => dropTables(ownerUrl), SOON_MS);
  return async () => void (await migrateDatabase({ ownerUrl, url: databaseUrl }));
};

async function dropTables(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('drop schema if exists uplift cascade');
  } finally {
    await client.end();
  }
}

export const restoreDatabase: Inject = async (rig) => {
  const database = rig.process('postgres');
  const files = join(rig.dir, 'postgres/cluster');
  const copy = join(rig.dir, 'copy-of-cluster');
  await whileDown(database, () => copyFolder(files, copy));
  await pause(COPY_AGE_MS);
  await database.takeDown('stop');
  await copyFolder(copy, files);
  return () => database.bringBack();
};

/** The older copy is refused by everybody until an operator has accepted it. */
export const restoreStore: Inject = async (rig) => {
  const store = rig.process('eventstore');
  const files = join(rig.dir, 'eventstore');
  const copy = join(rig.dir, 'copy-of-eventstore');
  const aside = join(rig.dir, 'lost-eventstore');
  await whileDown(store, () => copyFolder(files, copy));
  await pause(COPY_AGE_MS);
  await store.takeDown('stop');
  await copyFolder(files, aside);
  await copyFolder(copy, files);
  const at = performance.now();
  const [older, newer] = [await eventsIn(rig, copy), await eventsIn(rig, aside)];
  const kept = new Set(older.map(({ id }) => id));
  const lost = newer.filter(({ id }) => !kept.has(id));
  rig.restores.push({ at, lost });
  // What is stored again under its id is another event.
  for (const { id } of lost) rig.seenAt.delete(id);
  return async () => {
    await store.bringBack();
    await rig.readAnew();
    if (lost.length > 0) await acceptStore(rig);
  };
};

/** Repeated until it is taken: nobody can decide before the command API knows of the other store. */
async function acceptStore({ apiUrl, restores }: Rig): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': `accept-${restores.length}`,
  };
  const body = JSON.stringify({ reason: 'an older copy was put back' });
  await eventually(async () => {
    const url = `${apiUrl}/v1/system/accept-store`;
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    if (!response.ok) throw new Error(`The store was not accepted: ${await response.text()}`);
  }, SOON_MS);
}

/** Reads a copy of the store's files by a server of its own. */
async function eventsIn({ dir }: Rig, files: string): Promise<StoredEvent[]> {
  const server = await ManagedProcess.start({
    name: 'store-of-copy',
    script: 'dist/tools/embedded-eventstore/src/main.js',
    dir: join(dir, 'logs'),
    env: { UPLIFT_EMBEDDED_EVENTSTORE_DIR: files, UPLIFT_EMBEDDED_EVENTSTORE_PORT: '0' },
  });
  const connectionString = `esdb://127.0.0.1:${server.port('grpc')}?tls=false`;
  const store = new EsdbEventStore({ connectionString });
  const events = await allEvents(store);
  await store.close();
  await server.stop();
  return events;
}

export async function allEvents(store: EsdbEventStore): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for await (const { events, caughtUp } of store.subscribeToAll()) {
    found.push(...events);
    if (caughtUp) break;
  }
  return found;
}

function busFolders({ dir, nodes }: Rig): string[] {
  return nodes.map((_, n) => join(dir, `nats/node-${n + 1}/jetstream`));
}

async function cutNewestBlock(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true });
  const blocks = files.filter((file) => /UPLIFT_EVENTS\/msgs\/\d+\.blk$/.test(file)).sort(byNumber);
  const newest = blocks.at(-1);
  if (newest === undefined) return;
  const path = join(folder, newest);
  const { size } = await stat(path);
  await truncate(path, Math.floor(size * KEPT));
}

/** Of the newest block. */
const KEPT = 0.9;

function byNumber(one: string, other: string): number {
  const numberOf = (file: string) => Number(/(\d+)\.blk$/.exec(file)?.[1]);
  return numberOf(one) - numberOf(other);
}

async function copyFolder(from: string, to: string): Promise<void> {
  // The folder itself may be a disk of its own.
  await run('mkdir', ['-p', to]);
  await run('find', [to, '-mindepth', '1', '-delete']);
  await run('cp', ['-a', `${from}/.`, to]);
}

async function whileDown(kept: KeptAlive, work: () => Promise<void>): Promise<void> {
  await kept.takeDown('stop');
  await work();
  await kept.bringBack();
}

async function allDown(all: readonly KeptAlive[]): Promise<void> {
  await Promise.all(all.map((kept) => kept.takeDown()));
}

async function allUp(all: readonly KeptAlive[]): Promise<void> {
  await Promise.all(all.map((kept) => kept.bringBack()));
}
