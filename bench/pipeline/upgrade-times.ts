import type { StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';

export interface EventTime {
  readonly type: string;
  /** The store's own time, milliseconds since 1970. */
  readonly at: number;
}

/** What the store recorded after a position, by instance, each in order. */
export async function eventTimes(
  store: EventStore,
  after: bigint,
): Promise<Map<string, EventTime[]>> {
  const times = new Map<string, EventTime[]>();
  for await (const { events, caughtUp } of store.subscribeToAll({ after })) {
    for (const event of events) note(times, event);
    if (caughtUp) break;
  }
  return times;
}

function note(times: Map<string, EventTime[]>, { stream, type, recordedAt }: StoredEvent): void {
  const { id } = splitStreamName(stream);
  const known = times.get(id) ?? [];
  if (known.length === 0) times.set(id, known);
  known.push({ type, at: Date.parse(recordedAt) });
}
