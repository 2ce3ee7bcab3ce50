import type { EventStore } from '@uplift/event-store';
import { migrate } from '../database/migrate';
import { LIVE_SCHEMA, openDatabase, REBUILD_SCHEMA } from '../database/open-database';
import type { ReadModelDatabase } from '../database/read-model.tables';
import type { Checkpoint } from '../projection/checkpoint';
import { readCheckpoint } from '../projection/checkpoint';
import { ReadModelWriter } from '../projection/read-model-writer';
import { largeBatches } from './large-batches';
import { dropSchema, swapSchemas, withRebuildLock } from './schema-swap';

/** A batch this large is folded into few rows and written with few round trips. */
const REBUILD_BATCH = 2_000;
const STATEMENT_TIMEOUT_MS = 120_000;

export interface RebuildProgress {
  readonly events: number;
  readonly position: bigint | null;
  /** Where the store ended when the rebuild began. */
  readonly head: bigint | null;
  readonly elapsedMs: number;
}

export interface RebuildOptions {
  readonly store: EventStore;
  /** Connection string; the live tables are replaced in one transaction at the end. */
  readonly databaseUrl: string;
  readonly onProgress?: (progress: RebuildProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Builds the read model anew from the first event, beside the live one, and then puts it in its place. A projector
 * may go on meanwhile: it notices the exchange and continues on the new rows.
 * Throws ProjectionHaltedError, RebuildRunningError; the live read model is then as it was.
 */
export async function rebuildReadModel(options: RebuildOptions): Promise<RebuildProgress> {
  const database = openDatabase({
    url: options.databaseUrl,
    schema: REBUILD_SCHEMA,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    synchronousCommit: false,
  });
  try {
    return await withRebuildLock(database, () => rebuild(options, database));
  } finally {
    await database.destroy();
  }
}

async function rebuild(
  options: RebuildOptions,
  database: ReadModelDatabase,
): Promise<RebuildProgress> {
  await dropSchema(database, REBUILD_SCHEMA);
  await migrate(database, REBUILD_SCHEMA);
  return foldAndSwap(options, database);
}

async function foldAndSwap(
  { store, onProgress, signal }: RebuildOptions,
  database: ReadModelDatabase,
): Promise<RebuildProgress> {
  const startedAt = performance.now();
  const head = await store.lastPosition();
  const writer = new ReadModelWriter(database);
  const storeEnd = () => store.lastPosition();
  const swap = { from: REBUILD_SCHEMA, to: LIVE_SCHEMA, storeEnd };
  let checkpoint = await readCheckpoint(database);
  const progress = () => toProgress(checkpoint, head, performance.now() - startedAt);
  const subscription = store.subscribeToAll({
    maxBatch: 2 * REBUILD_BATCH,
    ...(signal ? { signal } : {}),
  });
  for await (const { events, caughtUp } of largeBatches(subscription, REBUILD_BATCH)) {
    const outcome = await writer.write(checkpoint, events);
    if (outcome.halted) throw outcome.halted;
    if (!outcome.checkpoint) throw new Error('Somebody else writes the tables of the rebuild');
    checkpoint = outcome.checkpoint;
    onProgress?.(progress());
    if (caughtUp && (await swapSchemas(database, swap))) return progress();
  }
  throw new Error('The rebuild was interrupted');
}

function toProgress(
  { events, position }: Checkpoint,
  head: bigint | null,
  elapsedMs: number,
): RebuildProgress {
  return { events, position, head, elapsedMs: Math.round(elapsedMs) };
}
