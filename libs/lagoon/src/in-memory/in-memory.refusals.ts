import type { Ambiguous, Refused } from '../lagoon.types';
import type { InMemoryEnvironment } from './in-memory.environment';

export const NOT_FOUND: Refused = {
  kind: 'refused',
  cause: 'not-found',
  reason: 'Unauthorized',
  retryable: false,
};

/** An outage in front of Lagoon: nobody can tell what became of the call. */
export const UNREACHABLE: Ambiguous = { kind: 'ambiguous', evidence: 'HTTP 503, no JSON' };

/** What Lagoon, or the client before it, would refuse whatever is scripted. */
export function refusalBefore(
  operation: string,
  environment: InMemoryEnvironment | undefined,
  signal: AbortSignal,
): Refused | null {
  if (signal.aborted) return refused('not-sent', 'aborted by the caller', true);
  if (environment === undefined) return NOT_FOUND;
  if (!environment.facts.deploymentsDisabled) return null;
  const what = operation === 'addTask' ? 'Tasks' : 'Deployments';
  return refused('disabled', `${what} have been disabled for this project`, false);
}

function refused(cause: Refused['cause'], reason: string, retryable: boolean): Refused {
  return { kind: 'refused', cause, reason, retryable };
}
