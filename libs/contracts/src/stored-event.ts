/** Who caused an event: an opaque id, never a mail address or a name. */
export interface Actor {
  readonly type: 'user' | 'service_account' | 'system';
  readonly id: string;
}

/** What a writer says about an event, beside its data. The two `$` names are the event store's own. */
export interface EventMetadata {
  /** The upgrade this event belongs to; the instance id for events outside an upgrade. */
  readonly $correlationId: string;
  /** Id of the event, or of the command, that led to this one. */
  readonly $causationId: string;
  readonly actor: Actor;
  /** Name of the process kind that wrote the event, for example `command-api`. */
  readonly service: string;
  readonly schemaVersion: number;
  /** W3C trace context of the writer. */
  readonly traceparent?: string;
  /** SHA-256 (hex) of the command body that an idempotency key stands for. */
  readonly commandFingerprint?: string;
}

/** Metadata as stored: the event store port adds the link of the stream's hash chain. */
export interface StoredEventMetadata extends EventMetadata {
  readonly hash: string;
}

/** One event as the store keeps it and as the bus carries it. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  /** Revision within the stream, from 0. */
  readonly revision: number;
  /** Commit position in `$all`. */
  readonly position: bigint;
  /** Store time, RFC 3339, UTC. */
  readonly recordedAt: string;
  readonly data: object;
  readonly metadata: StoredEventMetadata;
  /** What of it cannot be read, in words: data and metadata are stand-ins, and nobody folds it. */
  readonly damage?: string;
}

/** Deepest nesting of data that is read. */
export const MOST_DEPTH = 32;

/** With this begins what is wrong with damaged metadata; else the data is damaged. */
export const DAMAGED_METADATA = 'metadata: ';
