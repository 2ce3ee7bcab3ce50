import { randomUUID } from 'node:crypto';
import type { LogRecord, RecordLog } from '../src/persistence/record-log.port';
import { TOMBSTONE_REVISION } from '../src/persistence/record-log.port';

/** What every log has to do, wherever it keeps its records. */
export function describeRecordLog(name: string, open: () => RecordLog): void {
  describe(name, () => {
    let log: RecordLog;
    beforeEach(() => (log = open()));
    afterEach(() => log.close());

    const record = (position: number, stream: string, revision: number): LogRecord => ({
      position,
      stream,
      revision,
      type: `größe-✓-${position}`,
      id: randomUUID(),
      createdAt: 1_700_000_000_000 + position,
      message: Buffer.from(`message ${position} ${'x'.repeat(position * 10)}`),
    });

    it('is empty at first', () => {
      expect(log.lastPosition).toBe(0);
      expect(log.lastRevision('a')).toBe(-1);
      expect(log.scan(1, 10)).toEqual([]);
      expect(log.scanStream('a', 0, 10)).toEqual([]);
    });

    it('gives back records unchanged, by position and by stream', async () => {
      const records = [record(1, 'a', 0), record(2, 'größe ✓', 0), record(3, 'a', 1)];
      await log.commit(records.slice(0, 2));
      await log.commit(records.slice(2));
      expect(log.lastPosition).toBe(3);
      expect(log.lastRevision('a')).toBe(1);
      expect(log.scan(0, 10).map(comparable)).toEqual(records.map(comparable));
      expect(log.scan(2, 1).map(({ position }) => position)).toEqual([2]);
      expect(log.scanStream('a', 1, 10).map(({ position }) => position)).toEqual([3]);
      expect(log.recordAt('größe ✓', 0)?.id).toBe(records[1]!.id);
      expect(log.recordAt('a', 2)).toBeUndefined();
    });

    it('keeps what it gave out stable while others are read', async () => {
      await log.commit([record(1, 'a', 0), record(2, 'a', 1)]);
      const [first] = log.scan(1, 1);
      const before = Buffer.from(first!.message).toString();
      log.scan(1, 2);
      log.recordAt('a', 1);
      expect(Buffer.from(first!.message).toString()).toBe(before);
    });

    it('puts a tombstone last in its stream', async () => {
      await log.commit([record(1, 'a', 0), record(2, 'a', TOMBSTONE_REVISION), record(3, 'b', 0)]);
      expect(log.lastRevision('a')).toBe(TOMBSTONE_REVISION);
      expect(log.scanStream('a', 1, 10).map(({ position }) => position)).toEqual([2]);
      expect(log.scanStream('a', 0, 10).map(({ position }) => position)).toEqual([1, 2]);
    });

    it('accepts stream names longer than a key of a database may be', async () => {
      const stream = 's'.repeat(5000);
      await log.commit([record(1, stream, 0)]);
      expect(log.scanStream(stream, 0, 1)).toHaveLength(1);
    });
  });
}

function comparable(record: LogRecord) {
  return { ...record, message: Buffer.from(record.message).toString() };
}
