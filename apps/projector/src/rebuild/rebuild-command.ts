import { EsdbEventStore } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import { errorMessage, readConfiguration, redactText } from '@uplift/runtime';
import { ProjectionHaltedError } from '../projection/projection-state';
import { PostgresReadModel } from '../read-model/postgres.read-model';
import type { RebuildProgress } from './rebuild-read-model';
import { rebuildReadModel } from './rebuild-read-model';

const SHOW_EVERY_MS = 200;

/** Writes one JSON object per line: `progress` several times, then `done` or `failed`. Returns the exit code. */
export async function runRebuild(clock: Clock, write: (line: string) => void): Promise<0 | 1> {
  const show = (fields: object) => write(`${JSON.stringify(fields)}\n`);
  try {
    show({ type: 'done', ...inNumbers(await rebuild(clock, show)) });
    return 0;
  } catch (error) {
    show({ type: 'failed', ...inWords(error) });
    return 1;
  }
}

async function rebuild(clock: Clock, show: (fields: object) => void): Promise<RebuildProgress> {
  const { eventStoreUrl, postgresUrl } = readConfiguration(['eventStoreUrl', 'postgresUrl']);
  const store = new EsdbEventStore({ connectionString: eventStoreUrl });
  const readModel = new PostgresReadModel({ url: postgresUrl });
  let shownAt = -Infinity;
  const onProgress = (progress: RebuildProgress) => {
    if (progress.elapsedMs - shownAt < SHOW_EVERY_MS) return;
    shownAt = progress.elapsedMs;
    show({ type: 'progress', ...inNumbers(progress) });
  };
  try {
    return await rebuildReadModel({ store, readModel, clock, onProgress });
  } finally {
    await Promise.all([store.close(), readModel.close()]);
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
  const reason = redactText(errorMessage(error));
  if (!(error instanceof ProjectionHaltedError) || !error.event) return { reason };
  const { position, ...place } = error.event;
  return { reason, event: { ...place, position: position.toString() } };
}
