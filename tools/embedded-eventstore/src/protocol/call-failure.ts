import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { Refusal, WrongVersion } from '../streams/append-request';

const EXPECTED_NUMBERS = { any: -2, 'no-stream': -1, 'stream-exists': -4 };

/** Ends a call with an error status; the client decides by the trailer `exception`. */
export class CallFailure extends Error implements ServiceError {
  readonly metadata = new Metadata();

  constructor(
    readonly code: status,
    readonly details: string,
    trailers: Readonly<Record<string, string>> = {},
  ) {
    super(details);
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, value);
  }
}

export function invalidArgument(message: string): CallFailure {
  return new CallFailure(status.INVALID_ARGUMENT, message);
}

/** What the real server says where it has no better word. */
export function unexpectedResult(): CallFailure {
  return new CallFailure(status.UNKNOWN, 'Unexpected ReadStreamResult: Error');
}

export function innerError(): CallFailure {
  return new CallFailure(status.UNKNOWN, 'Exception was thrown by handler.');
}

export function streamDeleted(stream: string): CallFailure {
  return new CallFailure(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': trailerText(stream),
  });
}

export function accessDenied(): CallFailure {
  return new CallFailure(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
}

export function unauthenticated(): CallFailure {
  return new CallFailure(status.UNAUTHENTICATED, 'Unauthenticated');
}

export function loginNotFound(name: string): CallFailure {
  return new CallFailure(status.NOT_FOUND, `User '${name}' is not found.`, {
    exception: 'user-not-found',
    'login-name': trailerText(name),
  });
}

export function loginConflict(name: string): CallFailure {
  return new CallFailure(status.FAILED_PRECONDITION, 'Conflict.', {
    exception: 'user-conflict',
    'login-name': trailerText(name),
  });
}

/** How every method except the batched append reports a refusal. */
export function failureOf(stream: string, refusal: Refusal): CallFailure {
  switch (refusal.kind) {
    case 'wrong-version':
      return wrongVersion(stream, refusal);
    case 'stream-deleted':
      return streamDeleted(stream);
    case 'access-denied':
      return accessDenied();
    case 'not-ready':
      return new CallFailure(status.UNAVAILABLE, 'Server Is Not Ready');
    case 'timeout':
      return new CallFailure(status.ABORTED, 'Operation timed out: Commit phase timeout.');
    case 'too-large':
      return new CallFailure(status.INVALID_ARGUMENT, 'Maximum append size exceeded', {
        exception: 'maximum-append-size-exceeded',
        'maximum-append-size': String(refusal.maxBytes),
      });
    case 'missing-property':
      return new CallFailure(status.INVALID_ARGUMENT, 'Required metadata property missing', {
        exception: 'missing-required-metadata-property',
        'required-metadata-properties': 'type,content-type',
      });
    case 'bad-request':
      return invalidArgument(refusal.message);
  }
}

function wrongVersion(stream: string, { expected, current }: WrongVersion): CallFailure {
  const expectedNumber = typeof expected === 'number' ? expected : EXPECTED_NUMBERS[expected];
  return new CallFailure(status.FAILED_PRECONDITION, `Wrong expected version of '${stream}'`, {
    exception: 'wrong-expected-version',
    'stream-name': trailerText(stream),
    'expected-version': String(expectedNumber),
    'actual-version': String(current),
  });
}

/** The name as it is. Trailers carry printable ASCII only: anything else makes the transport throw. */
function trailerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text);
}
