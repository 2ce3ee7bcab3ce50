import type { Ambiguous, Refused } from '../lagoon.outcomes';
import { finalRefusal, passingRefusal } from '../lagoon.outcomes';

export const NOT_FOUND: Refused = finalRefusal('not-found', 'Unauthorized');
export const NOT_SENT: Refused = passingRefusal('not-sent', 'aborted by the caller');
export const IDLING_DISABLED: Refused = finalRefusal('disabled', 'idling disabled');

export const UNREAD: Refused = passingRefusal('not-sent', 'scripted to be unavailable');
export const UNSAFE_MARKER: Refused = finalRefusal('invalid-request', 'not for a command');

/** Lagoon trips over an environment that it does not find, and says nothing of use. */
export const STUMBLED: Ambiguous = { kind: 'ambiguous', evidence: 'an unknown text' };

/** An outage in front of Lagoon: nobody can tell what became of the call. */
export const UNREACHABLE: Ambiguous = { kind: 'ambiguous', evidence: 'HTTP 503, no JSON' };

export function disabled(what: 'Tasks' | 'Deployments'): Refused {
  return finalRefusal('disabled', `${what} have been disabled for this project`);
}
