import { RecordLog, TOMBSTONE_REVISION, type LogRecord } from './record-log.port';

export class InMemoryRecordLog extends RecordLog {
  private readonly records: LogRecord[] = [];
  private readonly streams = new Map<string, LogRecord[]>();

  get lastPosition(): number {
    return this.records.length;
  }

  commit(records: readonly LogRecord[]): Promise<void> {
    for (const record of records) {
      this.records.push(record);
      const stream = this.streams.get(record.stream);
      if (stream) stream.push(record);
      else this.streams.set(record.stream, [record]);
    }
    return Promise.resolve();
  }

  lastRevision(stream: string): number {
    return this.streams.get(stream)?.at(-1)?.revision ?? -1;
  }

  scan(position: number, limit: number): readonly LogRecord[] {
    const from = Math.max(position, 1) - 1;
    return this.records.slice(from, from + limit);
  }

  scanStream(stream: string, revision: number, limit: number): readonly LogRecord[] {
    const records = this.streams.get(stream) ?? [];
    const last = records.at(-1);
    if (revision >= records.length && revision <= TOMBSTONE_REVISION) {
      return last?.revision === TOMBSTONE_REVISION ? [last] : [];
    }
    return records.slice(revision, revision + limit);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
