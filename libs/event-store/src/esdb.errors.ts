import {
  MaxAppendSizeExceededError,
  StreamNotFoundError as ClientStreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import {
  EventStoreUnavailableError,
  EventTooLargeError,
  RevisionConflictError,
  StreamNotFoundError,
} from './event-store.errors';
import { MAX_EVENT_BYTES } from './event-store.port';
import type { LinkedEvents } from './hash-chain';

const OWN_ERRORS = [
  EventStoreUnavailableError,
  EventTooLargeError,
  RevisionConflictError,
  StreamNotFoundError,
];

export function appendError(error: unknown, stream: string, linked: LinkedEvents): Error {
  if (error instanceof WrongExpectedVersionError) {
    return new RevisionConflictError(stream, linked.head.revision - linked.events.length);
  }
  if (error instanceof MaxAppendSizeExceededError) {
    const bytes = linked.events.reduce((sum, event) => sum + event.bytes, 0);
    return new EventTooLargeError(linked.events[0]?.type ?? '', bytes, MAX_EVENT_BYTES);
  }
  return unavailable(error);
}

export function readError(error: unknown, stream: string): Error {
  if (error instanceof ClientStreamNotFoundError) return new StreamNotFoundError(stream);
  return unavailable(error);
}

export function unavailable(error: unknown): Error {
  if (OWN_ERRORS.some((own) => error instanceof own)) return error as Error;
  const reason = error instanceof Error ? error.message : String(error);
  return new EventStoreUnavailableError(`The event store is not available: ${reason}`, {
    cause: error,
  });
}
