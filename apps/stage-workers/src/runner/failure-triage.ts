import { UndecodableMessageError, UnknownEventError } from '@uplift/contracts';
import { InstanceUnknownError } from '@uplift/domain';
import { EventStoreUnavailableError, RevisionConflictError } from '@uplift/event-store';
import {
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '@uplift/lagoon';
import type { Randomness } from '@uplift/runtime';

/** The work goes on, but its message has been held long enough: the next delivery looks whether it is still due. */
export class LongWaitError extends Error {
  readonly code = 'long-wait';
}

/**
 * `outage`: somebody else's trouble that passes, however long; `defect`: ours, or the message's;
 * `foreign`: not a message of the relay's, so there is no instance to record it on.
 */
export type Triage = 'outage' | 'defect' | 'foreign';

/** An event of a newer build counts as an outage: it passes when this worker is replaced. */
const OUTAGES = [
  EventStoreUnavailableError,
  RevisionConflictError,
  LagoonUnavailableError,
  LagoonUnauthenticatedError,
  LagoonRefusedError,
  LagoonAnswerError,
  UnknownEventError,
  LongWaitError,
];

const FOREIGN = [UndecodableMessageError, InstanceUnknownError];

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;

export function triageOf(error: unknown): Triage {
  if (FOREIGN.some((foreign) => error instanceof foreign)) return 'foreign';
  return OUTAGES.some((outage) => error instanceof outage) ? 'outage' : 'defect';
}

/** Doubles with each delivery, with jitter of a quarter, at most 30 s. */
export function retryDelayMs(deliveryCount: number, randomness: Randomness): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(deliveryCount - 1, 10), LONGEST_DELAY_MS);
  return Math.round(delay * (0.75 + 0.25 * randomness.fraction()));
}
