import { UndecodableMessageError, UnknownEventError } from '@uplift/contracts';
import { InstanceUnknownError } from '@uplift/domain';
import {
  EventStoreUnavailableError,
  RevisionConflictError,
  StoreDivergedError,
  StreamGoneError,
  UnreadableHistoryError,
} from '@uplift/event-store';
import {
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '@uplift/lagoon';
import type { Randomness, RepeatedLines } from '@uplift/runtime';
import { MessageNotInStoreError } from './held-message';

/** The work goes on, but its message has been held long enough: the next delivery looks whether it is still due. */
export class LongWaitError extends Error {
  readonly code = 'long-wait';
}

/**
 * `outage`: somebody else's trouble that passes, however long; `defect`: ours, or the message's;
 * `foreign`: not a message of the relay's, or of a history that is lost, so there is no instance to record it on.
 */
export type Triage = 'outage' | 'defect' | 'foreign';

/** An event of a newer build counts as an outage: it passes when this worker is replaced. */
const OUTAGES = [
  EventStoreUnavailableError,
  RevisionConflictError,
  StoreDivergedError,
  LagoonUnavailableError,
  LagoonUnauthenticatedError,
  LagoonRefusedError,
  LagoonAnswerError,
  UnknownEventError,
  LongWaitError,
];

/** Nothing can be decided or recorded on what cannot be read, or is gone: the watchdog tells of it. */
const FOREIGN = [
  UndecodableMessageError,
  InstanceUnknownError,
  MessageNotInStoreError,
  StreamGoneError,
  UnreadableHistoryError,
];

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;

/** A store that is asked too early, by a node that is behind perhaps, gets some more time to have an event. */
const LOOKS_FOR_AN_EVENT = 7;

export function triageOf(error: unknown, deliveryCount = 1): Triage {
  if (mayComeToBe(error, deliveryCount) || isOfNewerBuild(error)) return 'outage';
  if (FOREIGN.some((foreign) => error instanceof foreign)) return 'foreign';
  return OUTAGES.some((outage) => error instanceof outage) ? 'outage' : 'defect';
}

/** While the store is away every message and every deadline meets it: one line a minute says so. */
export function isWorthALine(error: unknown, kind: string, lines: RepeatedLines): boolean {
  return !(error instanceof EventStoreUnavailableError) || lines.isDue(kind);
}

function mayComeToBe(error: unknown, deliveryCount: number): boolean {
  const isAhead = error instanceof MessageNotInStoreError && error.isAhead;
  return isAhead && deliveryCount < LOOKS_FOR_AN_EVENT;
}

function isOfNewerBuild(error: unknown): boolean {
  if (!(error instanceof UnreadableHistoryError)) return false;
  return error.reason === 'newer-version' || error.reason === 'unknown-type';
}

/** Doubles with each try, with jitter of a quarter, at most 30 s. */
export function retryDelayMs(tries: number, randomness: Randomness): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(tries - 1, 10), LONGEST_DELAY_MS);
  return Math.round(delay * (0.75 + 0.25 * randomness.fraction()));
}

const MOST_COUNTED = 10_000;

/**
 * How often this process has met a defect with one message. Deliveries are no measure: the bus counts those that a
 * stopping or killed worker gave back, too. Kept in memory only: five defects take a process some four seconds, so
 * what a restart forgets, or another worker counts for itself, delays the end of a poisonous message by as much.
 */
export class DefectCounts {
  private readonly counts = new Map<string, number>();

  constructor(private readonly most = MOST_COUNTED) {}

  /** Answers how many there are now. Of too many messages the one that was quiet for longest is forgotten. */
  add(message: string): number {
    const count = (this.counts.get(message) ?? 0) + 1;
    this.counts.delete(message);
    this.counts.set(message, count);
    const [oldest] = this.counts.keys();
    if (this.counts.size > this.most && oldest !== undefined) this.counts.delete(oldest);
    return count;
  }

  forget(message: string): void {
    this.counts.delete(message);
  }
}
