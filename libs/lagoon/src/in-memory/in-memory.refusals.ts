import type { Ambiguous, Refused } from '../lagoon.types';

export const NOT_FOUND: Refused = refused('not-found', 'Unauthorized', false);
export const NOT_SENT: Refused = refused('not-sent', 'aborted by the caller', true);

/** An outage in front of Lagoon: nobody can tell what became of the call. */
export const UNREACHABLE: Ambiguous = { kind: 'ambiguous', evidence: 'HTTP 503, no JSON' };

export function disabled(operation: string): Refused {
  const what = operation === 'addTask' ? 'Tasks' : 'Deployments';
  return refused('disabled', `${what} have been disabled for this project`, false);
}

function refused(cause: Refused['cause'], reason: string, retryable: boolean): Refused {
  return { kind: 'refused', cause, reason, retryable };
}
