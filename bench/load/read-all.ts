import type { EventStore } from '@uplift/event-store';

export interface ReadAll {
  readonly events: number;
  readonly seconds: number;
}

/** Reads every event there is, as a service does that starts from nothing, and does nothing with them. */
export async function readAll(store: EventStore): Promise<ReadAll> {
  const startedAt = performance.now();
  let events = 0;
  for await (const batch of store.subscribeToAll()) {
    events += batch.events.length;
    if (batch.caughtUp) break;
  }
  return { events, seconds: (performance.now() - startedAt) / 1_000 };
}
