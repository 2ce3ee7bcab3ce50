import type { StoredEventMetadata } from './event-metadata';

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
}
