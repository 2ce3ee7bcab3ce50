import type { Ambiguous, Refused } from '../lagoon.outcomes';
import { finalRefusal, passingRefusal } from '../refusal';

export const NOT_FOUND: Refused = finalRefusal('not-found', 'Unauthorized');
export const NOT_SENT: Refused = passingRefusal('not-sent', 'aborted by the caller');
export const NOT_CANCELLABLE: Refused = finalRefusal('not-cancellable', 'there is no such build');
export const IDLING_DISABLED: Refused = finalRefusal('disabled', 'idling disabled');

/** An outage in front of Lagoon: nobody can tell what became of the call. */
export const UNREACHABLE: Ambiguous = { kind: 'ambiguous', evidence: 'HTTP 503, no JSON' };

export function disabled(what: 'Tasks' | 'Deployments'): Refused {
  return finalRefusal('disabled', `${what} have been disabled for this project`);
}
