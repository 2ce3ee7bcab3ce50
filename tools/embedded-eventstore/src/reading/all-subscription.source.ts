import type { LogRecord } from '../log/log-record';
import type { RecordLog } from '../log/record-log.port';
import { checkpoint } from '../wire/read-response';
import type { Presentation } from './event-presentation';
import type { FilterPlan, ReadStart } from './read-plan';
import type { Pulled, SubscriptionSource } from './subscription-source';

export class AllSubscriptionSource implements SubscriptionSource {
  private lastSeen: number;
  private lastCheckpoint: number;
  private lookedSinceCheckpoint = 0;

  constructor(
    private readonly log: RecordLog,
    private readonly present: Presentation,
    private readonly filter: FilterPlan | undefined,
    start: ReadStart,
  ) {
    this.lastSeen = afterPosition(start, log.lastPosition);
    this.lastCheckpoint = this.lastSeen;
  }

  pull(limit: number): Pulled {
    const records = this.log.scan(this.lastSeen + 1, limit);
    const frames = records.flatMap((record) => this.framesFor(record));
    return { frames, looked: records.length };
  }

  framesAtEnd(): readonly Uint8Array[] {
    return this.filter ? this.checkpointHere() : [];
  }

  private framesFor(record: LogRecord): readonly Uint8Array[] {
    this.lastSeen = record.position;
    if (!this.filter) return [this.present(record)];
    this.lookedSinceCheckpoint += 1;
    const isDue = this.lookedSinceCheckpoint >= this.filter.checkpointInterval;
    const event = this.filter.matches(record) ? [this.present(record)] : [];
    return isDue ? [...event, ...this.checkpointHere()] : event;
  }

  private checkpointHere(): readonly Uint8Array[] {
    this.lookedSinceCheckpoint = 0;
    if (this.lastSeen <= this.lastCheckpoint) return [];
    this.lastCheckpoint = this.lastSeen;
    return [checkpoint(this.lastSeen)];
  }
}

function afterPosition(start: ReadStart, lastPosition: number): number {
  if (start === 'start') return 0;
  return start === 'end' ? lastPosition : start;
}
