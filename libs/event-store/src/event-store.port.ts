import type { EventMetadata, StoredEvent } from '@uplift/contracts';

/** Somebody else appended first: load the stream and decide again. */
export class RevisionConflictError extends Error {
  readonly code = 'revision-conflict';
  constructor(
    readonly stream: string,
    readonly expectedRevision: number,
  ) {
    super(`Stream ${stream} is not at revision ${expectedRevision}: load it and decide again`);
  }
}

export class StreamNotFoundError extends Error {
  readonly code = 'stream-not-found';
  constructor(readonly stream: string) {
    super(`Stream ${stream} does not exist`);
  }
}

/** What was done to a stream of ours, by somebody with the rights of an administrator. */
export type StreamLoss =
  /** Deleted: the store would begin it anew. */
  | 'deleted'
  /** Tombstoned: the store refuses every further event. */
  | 'tombstoned'
  /** Its first events were cut off. */
  | 'truncated';

/** Events that were in the stream cannot be read any more: final, nothing can be decided on the rest. */
export class StreamGoneError extends Error {
  readonly code = 'stream-gone';
  constructor(
    readonly stream: string,
    readonly loss: StreamLoss,
  ) {
    super(`Stream ${stream} was ${loss} in the event store`);
  }
}

export class EventTooLargeError extends Error {
  readonly code = 'event-too-large';
  constructor(
    readonly eventType: string,
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(`Event ${eventType} has ${bytes} bytes; at most ${limit} are accepted`);
  }
}

/** The store did not answer in time or the connection broke: whether an append was stored is unknown. */
export class EventStoreUnavailableError extends Error {
  readonly code: string = 'event-store-unavailable';
}

/** The store has taken nothing lately, so this append was not sent: nothing has happened. */
export class AppendNotTriedError extends EventStoreUnavailableError {}

/** Whom the store refused, and what. */
export interface Refusal {
  /** Null: the connection names no user. */
  readonly user: string | null;
  /** As `StoreRight` says it. */
  readonly right: string;
  /** The store does not know the user, or the password is another one. */
  readonly isUnknown: boolean;
}

/** The store denies this user something that the work needs: it waits until somebody has granted it. */
export class EventStoreRefusedError extends EventStoreUnavailableError implements Refusal {
  override readonly code = 'event-store-refused';
  readonly user: string | null;
  readonly right: string;
  readonly isUnknown: boolean;

  constructor({ user, right, isUnknown }: Refusal, options?: ErrorOptions) {
    super(refusalInWords({ user, isUnknown }, [right]), options);
    this.user = user;
    this.right = right;
    this.isUnknown = isUnknown;
  }
}

/** One line: who was refused what, and what to do about it. */
export function refusalInWords(
  { user, isUnknown }: Omit<Refusal, 'right'>,
  rights: readonly string[],
): string {
  const who = user === null ? 'without a user' : `as user ${user}`;
  return isUnknown
    ? `The event store does not accept the connection ${who}: user or password is wrong, or the user is disabled; \`uplift store setup\` makes the user, and --rotate a new password`
    : `The event store denies the connection ${who} the right to ${rights.join(' and to ')}; \`uplift store setup\` grants it`;
}

/** The store has no event at the position, or another one: it is not the store that the position was taken from. */
export class PositionNotFoundError extends Error {
  readonly code = 'position-not-found';
  constructor(
    readonly position: bigint,
    readonly eventId?: string,
  ) {
    super(
      eventId === undefined
        ? `The event store has no event at position ${position}`
        : `The event store does not have event ${eventId} at position ${position}`,
    );
  }
}

/** Where a stream ends: what the next append must build on. */
export interface StreamHead {
  /** Revision of the last event, from 0; -1 if the stream does not exist. */
  readonly revision: number;
  /** Hash of the last event: the link that the next event continues. */
  readonly hash: string;
}

const GENESIS_HASH = '0'.repeat(64);
export const NO_STREAM: StreamHead = { revision: -1, hash: GENESIS_HASH };

/** Largest event accepted, data and metadata together, in bytes: it must fit the bus too. */
export const MAX_EVENT_BYTES = 256 * 1024;

/** Events in one batch of a subscription that does not say otherwise. */
export const DEFAULT_MAX_BATCH = 512;

export interface EventToAppend {
  /** Deterministic UUID: the same decision, made again after a reload, is recognised by it. */
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly metadata: EventMetadata;
}

export interface Appended {
  readonly head: StreamHead;
  readonly position: bigint;
}

export interface AllEventsBatch {
  /** Ours only (`isOurs`), in store order; may be empty. */
  readonly events: readonly StoredEvent[];
  /** Events of other programs that were skipped since the batch before. */
  readonly foreign: number;
  /** Position of the last event looked at, ours or not; null if there was none yet. */
  readonly upTo: bigint | null;
  /** True from the batch on with which the reader has seen everything that was there: the rest is live. */
  readonly caughtUp: boolean;
}

/** What another program wrote. */
export interface ForeignEvent {
  readonly stream: string;
  readonly type: string;
  readonly position: bigint;
}

/** An order to the store, by whoever may give it, to let go of a stream or of a part of it. */
export interface StreamCut {
  readonly stream: string;
  readonly how: StreamLoss;
  readonly position: bigint;
}

/** A part of the store as it is, in store order. */
export interface AllEventsPage {
  /** Ours only (`isOurs`). */
  readonly events: readonly StoredEvent[];
  /** Of other programs; the store's own events are left out. */
  readonly foreign: readonly ForeignEvent[];
  readonly cuts: readonly StreamCut[];
  /** Position of the last event looked at, whatever it is; what was asked for if there was none. */
  readonly upTo: bigint | null;
  /** Whether there was nothing more. */
  readonly isEnd: boolean;
}
/** Why a subscription was begun again within the store, without a word to its reader. */
export type ResubscribeReason =
  /** The reader lagged behind what happened, and the store threw it out. */
  | 'lagging'
  /** The store ended the subscription. */
  | 'ended'
  /** The connection broke. */
  | 'broken'
  /** The connection had become silent. */
  | 'silent';

/** Since the store was opened. */
export interface EventStoreCounters {
  readonly resubscribed: Readonly<Record<ResubscribeReason, number>>;
  /** How often the connection, or an answer, was lost: what is behind it may be another store. */
  readonly interruptions: number;
}

export const NO_INTERRUPTIONS: EventStoreCounters = {
  resubscribed: { lagging: 0, ended: 0, broken: 0, silent: 0 },
  interruptions: 0,
};

export interface SubscribeToAllOptions {
  /** Exclusive, the position of an event; absent or 0: from the first event. */
  readonly after?: bigint;
  /** The event that has to be at that position. */
  readonly afterId?: string;
  /**
   * Types of events that the store keeps to itself; all others come, known or not. What is passed over moves `upTo` on
   * from time to time. The store's answer to how far a reader lags is then less exact: `caughtUp` may come early.
   */
  readonly withoutTypes?: readonly string[];
  /** Most events in one batch, DEFAULT_MAX_BATCH if absent. */
  readonly maxBatch?: number;
  /**
   * Asked whenever there is something to hand on and less than a whole batch: it waits for the answer, and for no more
   * than a whole batch, so that what comes meanwhile shares the batch. Undefined: at once.
   */
  readonly gather?: () => Promise<void> | undefined;
  readonly signal?: AbortSignal;
}

/**
 * The truth. Every append names the head it builds on: there is no blind append. Only the head's revision is compared
 * with the stream's: a hash that is not the stored one is believed, and breaks the chain.
 * Errors: RevisionConflictError, EventTooLargeError, StreamGoneError, EventStoreUnavailableError (outcome unknown),
 * EventStoreRefusedError.
 */
export abstract class EventStore {
  /**
   * All events or none. Repeating an append (same head, same events, same content) succeeds, stores nothing and
   * answers with the same head. The same ids with other content are a RevisionConflictError: somebody else, or an
   * earlier try, has decided this already, and what was stored is found by loading the stream.
   */
  abstract append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended>;
  /**
   * Events of one stream from a revision (inclusive, default 0), at most so many; empty beyond its end. Throws StreamNotFoundError for
   * one that never was, StreamGoneError if events from that revision on were there and are no more.
   */
  abstract load(stream: string, fromRevision?: number, most?: number): Promise<StoredEvent[]>;
  /**
   * The last events of one stream, at most so many, in their order; with `upTo` those up to that revision. Throws as
   * `load` of the whole stream does.
   */
  abstract loadLast(stream: string, count: number, upTo?: number): Promise<StoredEvent[]>;
  /** The newest event of one stream, null if there is none: one read, however long the stream. */
  abstract lastOf(stream: string): Promise<StoredEvent | null>;
  /**
   * All events of ours, then live until `signal` aborts or the store is closed. A slow reader holds the
   * store back, not the memory; one that is thrown out for it, and one whose connection breaks for a short while,
   * only sees that it has not caught up. Throws PositionNotFoundError where there is no event at `after`, and
   * EventStoreUnavailableError when the store stays away: subscribe again after the last position seen.
   */
  abstract subscribeToAll(options?: SubscribeToAllOptions): AsyncIterable<AllEventsBatch>;
  /** The event at exactly this position, ours or not; null if there is none. */
  abstract eventAt(position: bigint): Promise<StoredEvent | null>;
  /**
   * At most so many events of all streams, behind a position (exclusive; null: from the first). For whoever looks
   * through the store at his own pace.
   */
  abstract readAll(after: bigint | null, limit: number): Promise<AllEventsPage>;
  /**
   * Position of the newest event of ours, null if there is none. Looks at a limited number of foreign events behind
   * it: beyond that it throws EventStoreUnavailableError, and the next call looks on from there.
   */
  abstract lastPosition(): Promise<bigint | null>;
  abstract get counters(): EventStoreCounters;
  abstract close(): Promise<void>;
}

/** Where these events of one stream end: what an append after them builds on. */
export function headOf(events: readonly StoredEvent[]): StreamHead {
  const last = events.at(-1);
  return last ? { revision: last.revision, hash: last.metadata.hash } : NO_STREAM;
}

/** A stream that does not exist is an empty history. */
export function loadOrEmpty(
  store: EventStore,
  stream: string,
  fromRevision = 0,
): Promise<StoredEvent[]> {
  return store.load(stream, fromRevision).catch(noneIfMissing);
}

/** What became of a read, where a stream that does not exist is an empty history. */
export function noneIfMissing(error: unknown): StoredEvent[] {
  if (error instanceof StreamNotFoundError) return [];
  throw error;
}
