import type { LogRecord } from '../log/log-record';
import type { RecordLog, StreamView } from '../log/record-log.port';

/** The log as it will be once everything queued is committed. */
export class AssignedStreams implements StreamView {
  private readonly queued = new Map<string, LogRecord[]>();
  private nextPosition: number;

  constructor(private readonly log: RecordLog) {
    this.nextPosition = log.lastPosition + 1;
  }

  takePosition(): number {
    return this.nextPosition++;
  }

  add(record: LogRecord): void {
    const queued = this.queued.get(record.stream);
    if (queued) queued.push(record);
    else this.queued.set(record.stream, [record]);
  }

  /** The oldest queued records of each stream are now part of the log. */
  committed(records: readonly LogRecord[]): void {
    for (const { stream } of records) {
      const queued = this.queued.get(stream);
      queued?.shift();
      if (queued?.length === 0) this.queued.delete(stream);
    }
  }

  lastRevision(stream: string): number {
    return this.queued.get(stream)?.at(-1)?.revision ?? this.log.lastRevision(stream);
  }

  recordAt(stream: string, revision: number): LogRecord | undefined {
    const queued = this.queued.get(stream)?.find((record) => record.revision === revision);
    return queued ?? this.log.recordAt(stream, revision);
  }
}
