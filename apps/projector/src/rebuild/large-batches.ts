import type { StoredEvent } from '@uplift/contracts';
import type { AllEventsBatch } from '@uplift/event-store';

/** Joins batches until they hold `size` events or the reader has caught up: fewer, larger writes. */
export async function* largeBatches(
  batches: AsyncIterable<AllEventsBatch>,
  size: number,
): AsyncGenerator<AllEventsBatch> {
  let gathered: StoredEvent[] = [];
  for await (const { events, caughtUp } of batches) {
    gathered.push(...events);
    if (gathered.length < size && !caughtUp) continue;
    yield { events: gathered, caughtUp };
    gathered = [];
  }
}
