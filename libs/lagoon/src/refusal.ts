import type { RefusalCause, Refused } from './lagoon.outcomes';

/** A refusal that stays one until somebody changes something. */
export function finalRefusal(cause: RefusalCause, reason: string): Refused {
  return { kind: 'refused', cause, reason, retryable: false };
}

/** A refusal of a call that may be accepted later as it is. */
export function passingRefusal(cause: RefusalCause, reason: string): Refused {
  return { kind: 'refused', cause, reason, retryable: true };
}
