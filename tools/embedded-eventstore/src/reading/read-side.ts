import type { RecordLog } from '../log/record-log.port';
import { streamMetadataOf } from '../writing/stream-metadata';
import { visibleRange, type VisibleRange } from './visible-range';

/** What every read needs: the committed events and the clock that `$maxAge` is measured with. */
export interface ReadSide {
  readonly log: RecordLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function visibleRangeOf({ log, now }: ReadSide, stream: string): VisibleRange {
  return visibleRange(streamMetadataOf(log, stream), log.lastRevision(stream), now());
}
