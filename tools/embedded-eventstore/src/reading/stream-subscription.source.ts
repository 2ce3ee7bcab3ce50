import { TOMBSTONE_REVISION, type LogRecord } from '../log/log-record';
import { streamDeleted } from '../wire/call-failure';
import type { Presentation } from './event-presentation';
import type { ReadStart } from './read-plan';
import { visibleRangeOf, type ReadSide } from './read-side';
import type { Pulled, SubscriptionSource } from './subscription-source';

export class StreamSubscriptionSource implements SubscriptionSource {
  private lastSeen: number;

  constructor(
    private readonly side: ReadSide,
    private readonly present: Presentation,
    private readonly stream: string,
    start: ReadStart,
  ) {
    this.lastSeen = afterRevision(start, side.log.lastRevision(stream));
  }

  pull(limit: number): Pulled {
    const { side, stream } = this;
    const visible = visibleRangeOf(side, stream);
    const records = side.log.scanStream(stream, Math.max(this.lastSeen + 1, visible.first), limit);
    const isSent = (record: LogRecord) => isTombstone(record) || visible.isYoungEnough(record);
    const frames = records.filter(isSent).map((record) => this.present(record));
    this.lastSeen = records.at(-1)?.revision ?? this.lastSeen;
    const pulled = { frames, looked: records.length };
    return this.lastSeen === TOMBSTONE_REVISION
      ? { ...pulled, failure: streamDeleted(stream) }
      : pulled;
  }

  framesAtEnd(): readonly Uint8Array[] {
    return [];
  }
}

function isTombstone(record: LogRecord): boolean {
  return record.revision === TOMBSTONE_REVISION;
}

function afterRevision(start: ReadStart, lastRevision: number): number {
  if (start === 'start') return -1;
  return start === 'end' ? lastRevision : start;
}
