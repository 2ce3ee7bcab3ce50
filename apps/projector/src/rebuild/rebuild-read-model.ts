import type { StoredEvent } from '@uplift/contracts';
import type { AllEventsBatch, EventStore } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import { ReadModelWriter } from '../projection/read-model-writer';
import type { Checkpoint, ReadModel, ReplaceLive } from '../read-model/read-model.port';

/** A batch this large is folded into few rows and written with few round trips. */
const REBUILD_BATCH = 2_000;

export interface RebuildProgress {
  readonly events: number;
  readonly position: bigint | null;
  /** Where the store ended when the rebuild began; null also if that could not be told soon. */
  readonly head: bigint | null;
  readonly elapsedMs: number;
}

export interface RebuildOptions {
  readonly store: EventStore;
  /** Its live tables are replaced at once at the end. */
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly onProgress?: (progress: RebuildProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Builds the read model anew from the first event, beside the live one, and then puts it in its place. A projector
 * may go on meanwhile: it notices the exchange and continues on the new rows.
 * Throws ProjectionHaltedError, RebuildRunningError; the live read model is then as it was.
 */
export function rebuildReadModel(options: RebuildOptions): Promise<RebuildProgress> {
  return options.readModel.rebuild((fresh, replaceLive) =>
    fillAndReplace(options, fresh, replaceLive),
  );
}

/** Reads the store itself, without the projector's tail: a break fails the rebuild instead of being waited out. */
async function fillAndReplace(
  { store, clock, onProgress, signal }: RebuildOptions,
  fresh: ReadModel,
  replaceLive: ReplaceLive,
): Promise<RebuildProgress> {
  const startedAt = clock.monotonic();
  const head = await store.lastPosition().catch(() => null);
  const writer = new ReadModelWriter(fresh);
  let checkpoint = await fresh.checkpoint();
  const progress = () => toProgress(checkpoint, head, clock.monotonic() - startedAt);
  const subscription = store.subscribeToAll({
    maxBatch: 2 * REBUILD_BATCH,
    ...(signal ? { signal } : {}),
  });
  for await (const batch of largeBatches(subscription, REBUILD_BATCH)) {
    const outcome = await writer.write(checkpoint, batch);
    if (outcome.halted) throw outcome.halted;
    if (!outcome.checkpoint) throw new Error('Somebody else writes the tables of the rebuild');
    checkpoint = outcome.checkpoint;
    onProgress?.(progress());
    if (batch.caughtUp && (await replaceLive(() => store.lastPosition()))) return progress();
  }
  throw new Error('The rebuild was interrupted');
}

/** Joins batches until they hold `size` events or the reader has caught up: fewer, larger writes. */
export async function* largeBatches(
  batches: AsyncIterable<AllEventsBatch>,
  size: number,
): AsyncGenerator<AllEventsBatch> {
  let gathered: StoredEvent[] = [];
  let foreign = 0;
  for await (const { events, ...batch } of batches) {
    gathered.push(...events);
    foreign += batch.foreign;
    if (gathered.length < size && !batch.caughtUp) continue;
    yield { ...batch, events: gathered, foreign };
    gathered = [];
    foreign = 0;
  }
}

function toProgress(
  { events, position }: Checkpoint,
  head: bigint | null,
  elapsedMs: number,
): RebuildProgress {
  return { events, position, head, elapsedMs: Math.round(elapsedMs) };
}
