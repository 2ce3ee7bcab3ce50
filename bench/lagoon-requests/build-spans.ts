import type { StoredEvent } from '@uplift/contracts';
import { toInstanceEvent } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';

/** How long each build took that was recorded after a position, by Lagoon's clock, in simulated ms. */
export async function buildSpans(store: EventStore, after: bigint): Promise<number[]> {
  const spans: number[] = [];
  for await (const { events, caughtUp } of store.subscribeToAll({ after })) {
    spans.push(...events.flatMap(spanIn));
    if (caughtUp) break;
  }
  return spans;
}

function spanIn(stored: StoredEvent): number[] {
  if (stored.type !== 'UpgradeCompleted') return [];
  const event = toInstanceEvent(stored);
  if (event.type !== 'UpgradeCompleted') return [];
  const { queuedMs, buildMs } = event.data;
  return [(queuedMs ?? 0) + (buildMs ?? 0)];
}
