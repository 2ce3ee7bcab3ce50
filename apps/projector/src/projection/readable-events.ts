import type { StoredEvent } from '@uplift/contracts';
import { isInstanceStream, toRecordedInstanceEvent } from '@uplift/contracts';
import { ProjectionHaltedError } from './projection-halted.error';
import type { ReadableEvent } from './read-model-fold';

/** The events up to the first that this build cannot read, and why the rest is not read. */
export interface ReadableEvents {
  readonly events: readonly ReadableEvent[];
  readonly halted?: ProjectionHaltedError;
}

export function readableEvents(stored: readonly StoredEvent[]): ReadableEvents {
  const events: ReadableEvent[] = [];
  for (const event of stored) {
    const readable = readableOrHalted(event);
    if (readable instanceof ProjectionHaltedError) return { events, halted: readable };
    events.push(readable);
  }
  return { events };
}

function readableOrHalted(stored: StoredEvent): ReadableEvent | ProjectionHaltedError {
  if (!isInstanceStream(stored.stream)) {
    return new ProjectionHaltedError('No read model is built from this kind of stream', stored);
  }
  try {
    return { stored, recorded: toRecordedInstanceEvent(stored) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'The event cannot be read';
    return new ProjectionHaltedError(reason, stored, { cause });
  }
}
