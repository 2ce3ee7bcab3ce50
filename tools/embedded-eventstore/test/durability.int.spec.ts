import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  EventStoreDBClient,
  NO_STREAM,
  type AppendExpectedRevision,
  type AppendResult,
} from '@eventstore/db-client';
import { SmallDisk } from '../../../test/support/small-disk';
import { startEmbeddedEventStore } from '../src';
import { eventsNamed, temporaryFolder } from './running-store';

const ROOT = resolve(__dirname, '../../..');
const MAIN = join(ROOT, 'dist/tools/embedded-eventstore/src/main.js');
const KILLS = 5;
const WRITERS = 24;
const EVENTS_PER_APPEND = 3;
const ACKNOWLEDGED_BEFORE_KILL = 400;
/** Room for an empty store. */
const MEGABYTES = 8;

interface Ready {
  readonly ports: { readonly grpc: number };
}

interface Server {
  readonly process: ChildProcess;
  readonly client: EventStoreDBClient;
}

async function startServer(dir: string): Promise<Server> {
  const env = { ...process.env, UPLIFT_EMBEDDED_EVENTSTORE_DIR: dir };
  const child = fork(MAIN, { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended: ${code}`)));
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [Ready];
  const client = EventStoreDBClient.connectionString(
    `esdb://127.0.0.1:${message.ports.grpc}?tls=false`,
  );
  return { process: child, client };
}

/** Appends until the server dies; `onAcknowledged` sees only what the server confirmed. */
async function writeUntilKilled(
  client: EventStoreDBClient,
  stream: string,
  onAcknowledged: (ids: string[]) => void,
): Promise<void> {
  let expectedRevision: AppendExpectedRevision = NO_STREAM;
  try {
    for (;;) {
      const events = eventsNamed('load', EVENTS_PER_APPEND);
      const result: AppendResult = await client.appendToStream(stream, events, {
        expectedRevision,
      });
      expectedRevision = result.nextExpectedRevision;
      onAcknowledged(events.map(({ id }) => id));
    }
  } catch {
    // The kill ends every writer this way.
  }
}

describe('a server killed under load', () => {
  const dir = temporaryFolder();

  beforeAll(() => {
    execFileSync(process.execPath, [join(ROOT, 'tools/run/build.mjs')], { cwd: ROOT });
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('has lost nothing it acknowledged, and no append in part', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      const server = await startServer(dir);
      const target = acknowledged.length + ACKNOWLEDGED_BEFORE_KILL;
      const exited = once(server.process, 'exit');
      const writers = Array.from({ length: WRITERS }, (_, n) =>
        writeUntilKilled(server.client, `load-${round}-${n}`, (ids) => {
          acknowledged.push(...ids);
          if (acknowledged.length >= target) server.process.kill('SIGKILL');
        }),
      );
      await exited;
      await Promise.all(writers);
      await server.client.dispose();
    }

    const { stored, perStream } = await contentsOf(dir);
    expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS * ACKNOWLEDGED_BEFORE_KILL);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    expect([...perStream.values()].filter((count) => count % EVENTS_PER_APPEND !== 0)).toEqual([]);
  });

  it('is refused a folder that another server has open', async () => {
    const server = await startServer(dir);
    await expect(startEmbeddedEventStore({ dir })).rejects.toThrow(/in use/);
    const exited = once(server.process, 'exit');
    await server.client.dispose();
    server.process.disconnect();
    expect(await exited).toEqual([0, null]);
    await (await startEmbeddedEventStore({ dir })).close();
  });

  it('is started again, and can be read, where its disk is full', async () => {
    const disk = await SmallDisk.mount(MEGABYTES);
    try {
      const server = await startServer(disk.path);
      const [event] = eventsNamed('before', 1);
      await server.client.appendToStream('load-before', event!);
      await disk.fill();
      const exited = once(server.process, 'exit');
      server.process.kill('SIGKILL');
      await exited;
      await server.client.dispose();
      const { stored } = await contentsOf(disk.path);
      expect([...stored]).toEqual([event!.id]);
    } finally {
      await disk.remove();
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends cleanly on %s with a subscription open',
    async (signal) => {
      const server = await startServer(dir);
      const subscription = server.client.subscribeToAll({ fromPosition: 'end' });
      const failed = once(subscription, 'error');
      await once(subscription, 'caughtUp');
      const exited = once(server.process, 'exit');
      server.process.kill(signal);
      expect(await exited).toEqual([0, null]);
      await failed;
      await server.client.dispose();
    },
  );
});

async function contentsOf(dir: string) {
  const server = await startServer(dir);
  const stored = new Set<string>();
  const perStream = new Map<string, number>();
  let lastPosition = 0n;
  for await (const { event } of server.client.readAll()) {
    if (!event) continue;
    expect(event.position.commit).toBe(lastPosition + 1n);
    lastPosition = event.position.commit;
    if (!event.streamId.startsWith('load-')) continue;
    stored.add(event.id);
    expect(event.revision).toBe(BigInt(perStream.get(event.streamId) ?? 0));
    perStream.set(event.streamId, (perStream.get(event.streamId) ?? 0) + 1);
  }
  const exited = once(server.process, 'exit');
  await server.client.dispose();
  server.process.kill('SIGTERM');
  await exited;
  return { stored, perStream };
}
