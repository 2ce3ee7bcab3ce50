import {
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.errors';
import type { Ambiguous, Refused } from '../lagoon.outcomes';

/** What any mutation answers when it is not accepted, or else something accepted. */
export type MutationAnswer = Refused | Ambiguous | { readonly kind: 'accepted' };

// How the evidence of a mutation starts when Lagoon did not answer, or something in front of it did.
const NO_LAGOON = /^(?:no answer|HTTP 5\d\d|HTTP 429)\b/;

/** The mutation met no Lagoon that works; one that its caller gave up before it was sent met nothing. */
export function isOutageAnswer(answer: MutationAnswer, isGivenUp: boolean): boolean {
  if (answer.kind === 'ambiguous') return NO_LAGOON.test(answer.evidence);
  return answer.kind === 'refused' && answer.cause === 'not-sent' && !isGivenUp;
}

/** The read met no Lagoon that works. */
export function isOutageError(error: unknown): error is LagoonUnavailableError {
  return error instanceof LagoonUnavailableError;
}

/** The read met a Lagoon that works and said no. */
export function isAnsweredError(error: unknown): boolean {
  return error instanceof LagoonRefusedError || error instanceof LagoonUnauthenticatedError;
}

/** Answer to a mutation that never left this process. */
export function notSent(reason: string): Refused {
  return { kind: 'refused', cause: 'not-sent', reason, retryable: true };
}
