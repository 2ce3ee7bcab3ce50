import { mkdirSync } from 'node:fs';
import { InMemoryRecordLog } from './in-memory.record-log';
import { LmdbRecordLog } from './lmdb.record-log';
import type { RecordLog } from './record-log.port';

/** In memory without a folder. */
export function openRecordLog(folder: string | undefined): RecordLog {
  if (folder === undefined) return new InMemoryRecordLog();
  mkdirSync(folder, { recursive: true });
  return new LmdbRecordLog(folder);
}
