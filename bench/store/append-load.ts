import { randomUUID } from 'node:crypto';
import type { EventStore, EventToAppend } from '@uplift/event-store';
import { NO_STREAM } from '@uplift/event-store';
import { eachOf } from '../load/each-of';

/** About what an event that opens a stage weighs. */
const DATA = { workOrder: 'x'.repeat(700) };

export interface AppendLoad {
  /** Streams written to at the same time, each one append after the other. */
  readonly concurrency: number;
  readonly seconds: number;
}

export interface AppendResult {
  readonly appends: number;
  readonly seconds: number;
  /** One value per append, in milliseconds. */
  readonly latencies: readonly number[];
}

/** Appends of one event each, for the given time. */
export async function appendLoad(
  store: EventStore,
  { concurrency, seconds }: AppendLoad,
): Promise<AppendResult> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const latencies: number[] = [];
  const streams = Array.from({ length: concurrency }, () => `bench-${randomUUID()}`);
  await eachOf(streams, concurrency, async (stream) => {
    let head = NO_STREAM;
    while (performance.now() < endsAt) {
      const sentAt = performance.now();
      ({ head } = await store.append(stream, head, [eventToAppend()]));
      latencies.push(performance.now() - sentAt);
    }
  });
  const took = (performance.now() - startedAt) / 1_000;
  return { appends: latencies.length, seconds: took, latencies };
}

function eventToAppend(): EventToAppend {
  const id = randomUUID();
  const actor = { type: 'system', id: 'bench' } as const;
  const metadata = { $correlationId: id, $causationId: id, actor, service: 'bench' };
  return { id, type: 'BenchEvent', data: DATA, metadata: { ...metadata, schemaVersion: 1 } };
}
