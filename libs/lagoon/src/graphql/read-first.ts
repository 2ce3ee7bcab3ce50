import {
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.errors';
import type { Refused } from '../lagoon.outcomes';
import { passingRefusal } from '../refusal';
import { UNAUTHENTICATED } from './mutation-classifier';

/**
 * A mutation that needs to read something before. As long as only reads were sent nothing has happened, so
 * whatever goes wrong with them refuses the whole call.
 */
export async function readFirst<A extends { readonly kind: string }>(
  prepare: () => Promise<(() => Promise<A>) | Refused>,
): Promise<A | Refused> {
  const prepared = await prepare().catch(refusalOf);
  return typeof prepared === 'function' ? prepared() : prepared;
}

function refusalOf(error: unknown): Refused {
  if (error instanceof LagoonRefusedError) {
    const { refusal: cause, reason, retryable } = error;
    return { kind: 'refused', cause, reason, retryable };
  }
  if (error instanceof LagoonUnauthenticatedError) return UNAUTHENTICATED;
  const why = error instanceof LagoonUnavailableError ? error.message : 'an unknown answer';
  return passingRefusal('not-sent', `the read before it failed: ${why}`);
}
