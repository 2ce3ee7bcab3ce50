import { EsdbEventStore } from '@uplift/event-store';
import { readConfiguration } from '@uplift/runtime';
import { ProjectionHaltedError } from '../projection/projection-halted.error';
import type { RebuildProgress } from './rebuild-read-model';
import { rebuildReadModel } from './rebuild-read-model';

const SHOW_EVERY_MS = 200;

type Show = (fields: object) => void;

/** Writes one JSON object per line: `progress` several times, then `done` or `failed`. Returns the exit code. */
export async function runRebuild(write: (line: string) => void): Promise<0 | 1> {
  const show: Show = (fields) => write(`${JSON.stringify(fields)}\n`);
  try {
    show({ type: 'done', ...inNumbers(await rebuild(show)) });
    return 0;
  } catch (error) {
    show({ type: 'failed', ...inWords(error) });
    return 1;
  }
}

async function rebuild(show: Show): Promise<RebuildProgress> {
  const { eventStoreUrl, postgresUrl } = readConfiguration(['eventStoreUrl', 'postgresUrl']);
  const store = new EsdbEventStore({ connectionString: eventStoreUrl });
  const onProgress = atMostEvery(SHOW_EVERY_MS, (progress: RebuildProgress) =>
    show({ type: 'progress', ...inNumbers(progress) }),
  );
  try {
    return await rebuildReadModel({ store, databaseUrl: postgresUrl, onProgress });
  } finally {
    await store.close();
  }
}

function inNumbers({ events, position, head, elapsedMs }: RebuildProgress) {
  return {
    events,
    position: (position ?? 0n).toString(),
    headPosition: (head ?? 0n).toString(),
    share: shareOf(position, head),
    eventsPerSecond: Math.round((events * 1_000) / Math.max(1, elapsedMs)),
    elapsedMs,
  };
}

/** From 0 to 1. */
function shareOf(position: bigint | null, head: bigint | null): number {
  if (!head) return 1;
  return Math.min(1, Number(((position ?? 0n) * 1_000n) / head) / 1_000);
}

function inWords(error: unknown) {
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ProjectionHaltedError) || !error.event) return { reason };
  const { id, type, stream, revision, position } = error.event;
  return { reason, event: { id, type, stream, revision, position: position.toString() } };
}

function atMostEvery<T>(ms: number, action: (value: T) => void): (value: T) => void {
  let shownAt = -Infinity;
  return (value) => {
    const now = performance.now();
    if (now - shownAt < ms) return;
    shownAt = now;
    action(value);
  };
}
