/** Revision of the event that ends a tombstoned stream; on the wire it is the largest signed 64-bit number. */
export const TOMBSTONE_REVISION = 0xffffffff;

/** One stored event. Positions count from 1 without gaps, revisions from 0 per stream. */
export interface LogRecord {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The bytes of the `ReadResp` message that delivers this event. */
  readonly message: Uint8Array;
}
