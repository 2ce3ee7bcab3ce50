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

/** What the write queue and the metadata look-up need to know of the streams. */
export interface StreamView {
  /** Last revision of the stream, -1 for none, `TOMBSTONE_REVISION` once it is tombstoned. */
  lastRevision(stream: string): number;
  recordAt(stream: string, revision: number): LogRecord | undefined;
}

/** Where the events lie. Reads see committed records only. */
export abstract class RecordLog implements StreamView {
  /** Position of the last committed record, 0 for an empty log. */
  abstract readonly lastPosition: number;
  /**
   * Writes all records or none and resolves once they survive a crash of the machine.
   * Positions and revisions follow on without gaps; one commit at a time.
   * A rejected commit leaves the log unusable: stop the process.
   */
  abstract commit(records: readonly LogRecord[]): Promise<void>;
  abstract lastRevision(stream: string): number;
  /** At most `limit` records from `position` on, ascending. */
  abstract scan(position: number, limit: number): readonly LogRecord[];
  /** At most `limit` records of one stream from `revision` on, ascending; a tombstone comes last. */
  abstract scanStream(stream: string, revision: number, limit: number): readonly LogRecord[];
  abstract close(): Promise<void>;

  recordAt(stream: string, revision: number): LogRecord | undefined {
    const [record] = this.scanStream(stream, revision, 1);
    return record?.revision === revision ? record : undefined;
  }
}
