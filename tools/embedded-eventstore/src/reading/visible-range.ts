import { TOMBSTONE_REVISION, type LogRecord } from '../log/log-record';
import { isSoftDeleted, type StreamMetadata } from '../writing/stream-metadata';

export interface VisibleRange {
  readonly isSoftDeleted: boolean;
  /** First revision that metadata lets a reader see. */
  readonly first: number;
  isYoungEnough(record: LogRecord): boolean;
}

/** `now` in milliseconds since 1970. */
export function visibleRange(metadata: StreamMetadata, last: number, now: number): VisibleRange {
  const { maxCount = Infinity, maxAgeSeconds = Infinity, truncateBefore = 0 } = metadata;
  const first = Math.max(0, truncateBefore, last - maxCount + 1);
  const oldest = now - maxAgeSeconds * 1000;
  return {
    isSoftDeleted: isSoftDeleted(metadata),
    first: Math.min(first, TOMBSTONE_REVISION),
    isYoungEnough: (record) => record.createdAt >= oldest,
  };
}
