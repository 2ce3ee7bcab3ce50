import {
  AccessDeniedError,
  MaxAppendSizeExceededError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError as ClientStreamNotFoundError,
  TimeoutError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import {
  EventStoreRefusedError,
  EventStoreUnavailableError,
  EventTooLargeError,
  MAX_EVENT_BYTES,
  PositionNotFoundError,
  RevisionConflictError,
  StreamGoneError,
  StreamNotFoundError,
} from './event-store.port';
import type { LinkedEvents } from './hash-chain';

/** The server said nothing in time: what was asked for may happen all the same. */
export class NoAnswerError extends Error {
  readonly code = 'no-answer';
}

/** What is said to whoever called, and the same however often it is asked again. */
const FINAL = [
  EventStoreRefusedError,
  EventTooLargeError,
  PositionNotFoundError,
  RevisionConflictError,
  StreamGoneError,
  StreamNotFoundError,
];

/** Words of a status for which the client has no class. */
const MALFORMED = /BadRequest|RequiredMetadataProperty/;
const UNSERVED = /Server Is Not Ready|not ?leader/i;
const INVALID_POSITION = /invalid position|ReadAllResult/i;

export function isFinal(error: unknown): boolean {
  return FINAL.some((final) => error instanceof final) || MALFORMED.test(wordsOf(error));
}

/** 23.10 ends a live subscription whose reader does not keep up. */
export function isLagging(error: unknown): boolean {
  return error instanceof TimeoutError;
}

/** The node has just started, is cut off from the others, or is not the leader. */
export function isUnserved(error: unknown): boolean {
  return error instanceof NotLeaderError || UNSERVED.test(wordsOf(error));
}

export function isInvalidPosition(error: unknown): boolean {
  return INVALID_POSITION.test(wordsOf(error));
}

export function appendError(error: unknown, stream: string, linked: LinkedEvents): unknown {
  if (error instanceof WrongExpectedVersionError) {
    return new RevisionConflictError(stream, linked.head.revision - linked.events.length);
  }
  if (error instanceof MaxAppendSizeExceededError) {
    const bytes = linked.events.reduce((sum, event) => sum + event.bytes, 0);
    return new EventTooLargeError(linked.events[0]?.type ?? '', bytes, MAX_EVENT_BYTES);
  }
  return goneError(error, stream);
}

export function readError(error: unknown, stream: string): unknown {
  if (error instanceof ClientStreamNotFoundError) return new StreamNotFoundError(stream);
  return goneError(error, stream);
}

function goneError(error: unknown, stream: string): unknown {
  return error instanceof StreamDeletedError ? new StreamGoneError(stream, 'tombstoned') : error;
}

/** A user without the right, or one that the store does not know: asking again changes nothing. */
export function refusedError(
  error: unknown,
  user: string | null,
  right: string,
): EventStoreRefusedError | null {
  if (!(error instanceof AccessDeniedError) && !/^16 |^7 /.test(wordsOf(error))) return null;
  const isUnknown = wordsOf(error).startsWith('16 ');
  return new EventStoreRefusedError({ user, right, isUnknown }, { cause: error });
}

export function unavailable(error: unknown): Error {
  if (isFinal(error) || error instanceof EventStoreUnavailableError) return error as Error;
  return new EventStoreUnavailableError(`The event store is not available: ${wordsOf(error)}`, {
    cause: error,
  });
}

/** The client's errors may have no message at all. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  const { type } = error as { readonly type?: unknown };
  return WORDS[String(type)] ?? `${error.name} without words`;
}

const WORDS: Readonly<Record<string, string>> = {
  'deadline-exceeded':
    'the append was not answered in time (the same one may be under way, or clocks may differ)',
  'access-denied': 'access denied',
  unknown: 'the server gives no reason',
};
