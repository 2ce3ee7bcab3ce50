import type { StoredEvent } from '@uplift/contracts';
import { StreamNotFoundError } from './event-store.errors';
import { NO_STREAM } from './event-store.port';
import type { EventStore, StreamHead } from './event-store.port';

/** Where these events of one stream end: what an append after them builds on. */
export function headOf(events: readonly StoredEvent[]): StreamHead {
  const last = events.at(-1);
  return last ? { revision: last.revision, hash: last.metadata.hash } : NO_STREAM;
}

/** A stream that does not exist is an empty history. */
export async function loadOrEmpty(store: EventStore, stream: string): Promise<StoredEvent[]> {
  try {
    return await store.load(stream);
  } catch (error) {
    if (error instanceof StreamNotFoundError) return [];
    throw error;
  }
}
