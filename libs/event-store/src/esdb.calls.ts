import {
  MaxAppendSizeExceededError,
  StreamDeletedError,
  StreamNotFoundError as ClientStreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import type { StreamingRead } from '@eventstore/db-client';
import {
  EventStoreUnavailableError,
  EventTooLargeError,
  MAX_EVENT_BYTES,
  RevisionConflictError,
  StreamGoneError,
  StreamNotFoundError,
} from './event-store.port';
import type { LinkedEvents } from './hash-chain';

/** All that a finite read finds. Not `for await`: that costs a promise for each event. */
export function collect<T>(read: StreamingRead<T>, timeoutMs: number): Promise<T[]> {
  const found: T[] = [];
  const work = new Promise<T[]>((resolve, reject) => {
    read
      .on('data', (item: T) => found.push(item))
      .on('error', reject)
      .on('end', () => resolve(found));
  });
  return withDeadline(work, timeoutMs, () => {
    read.cancel().catch(() => undefined);
  });
}

/** Gives up waiting after `ms` milliseconds; the work itself may still succeed. */
export function withDeadline<T>(work: Promise<T>, ms: number, giveUp?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new EventStoreUnavailableError(`The event store did not answer within ${ms} ms`));
      giveUp?.();
    }, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const OWN_ERRORS = [
  EventStoreUnavailableError,
  EventTooLargeError,
  RevisionConflictError,
  StreamGoneError,
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
  if (error instanceof StreamDeletedError) return new StreamGoneError(stream, 'tombstoned');
  return unavailable(error);
}

export function readError(error: unknown, stream: string): Error {
  if (error instanceof ClientStreamNotFoundError) return new StreamNotFoundError(stream);
  if (error instanceof StreamDeletedError) return new StreamGoneError(stream, 'tombstoned');
  return unavailable(error);
}

export function unavailable(error: unknown): Error {
  if (OWN_ERRORS.some((own) => error instanceof own)) return error as Error;
  const reason = error instanceof Error ? error.message : String(error);
  return new EventStoreUnavailableError(`The event store is not available: ${reason}`, {
    cause: error,
  });
}
