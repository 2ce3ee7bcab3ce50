import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  startEmbeddedEventStore,
  type EmbeddedEventStore,
  type EmbeddedEventStoreOptions,
} from '../src';

export const LOGS = ['memory', 'lmdb'] as const;
type LogKind = (typeof LOGS)[number];

interface RunningStore {
  readonly store: EmbeddedEventStore;
  readonly client: EventStoreDBClient;
}

/** Starts one server for all tests of the surrounding block, and a client of it. */
export function useStore(log: LogKind, options: EmbeddedEventStoreOptions = {}): RunningStore {
  let running: RunningStore | undefined;
  const dir = log === 'lmdb' ? temporaryFolder() : undefined;
  beforeAll(async () => {
    const store = await startEmbeddedEventStore({ ...options, ...(dir ? { dir } : {}) });
    running = { store, client: EventStoreDBClient.connectionString(store.connectionString) };
  });
  afterAll(async () => {
    await running?.client.dispose();
    await running?.store.close();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });
  const started = () => {
    if (!running) throw new Error('the store is not started yet');
    return running;
  };
  return {
    get store() {
      return started().store;
    },
    get client() {
      return started().client;
    },
  };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'embedded-eventstore-'));
}

/** Events named `<prefix>0`, `<prefix>1`, ... */
export function eventsNamed(prefix: string, count: number) {
  return Array.from({ length: count }, (_, n) => jsonEvent({ type: `${prefix}${n}`, data: { n } }));
}

let streams = 0;

export function freshStream(name = 'stream'): string {
  streams += 1;
  return `${name}-${streams}`;
}

interface Delivered {
  readonly event?: { readonly type: string } | undefined;
}

export async function typesOf(events: AsyncIterable<Delivered>): Promise<string[]> {
  const types: string[] = [];
  for await (const { event } of events) types.push(event?.type ?? 'none');
  return types;
}

/** The first `count` types a subscription delivers; ends the subscription. */
export async function firstTypes(
  subscription: AsyncIterable<Delivered>,
  count: number,
): Promise<string[]> {
  const types: string[] = [];
  for await (const { event } of subscription) {
    types.push(event?.type ?? 'none');
    if (types.length === count) break;
  }
  return types;
}
