import { mkdirSync } from 'node:fs';
import { FolderLock } from './folder-lock';
import { InMemoryRecordLog } from './in-memory.record-log';
import { LmdbRecordLog } from './lmdb.record-log';
import type { RecordLog } from './record-log.port';

export interface OpenLog {
  readonly log: RecordLog;
  readonly close: () => Promise<void>;
}

/** In memory without a folder. Throws `FolderInUseError` when another server has the folder open. */
export function openRecordLog(folder: string | undefined): OpenLog {
  if (folder === undefined) {
    const log = new InMemoryRecordLog();
    return { log, close: () => log.close() };
  }
  mkdirSync(folder, { recursive: true });
  const lock = FolderLock.acquire(folder);
  try {
    return lockedLog(new LmdbRecordLog(folder), lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockedLog(log: RecordLog, lock: FolderLock): OpenLog {
  const close = async () => {
    await log.close();
    lock.release();
  };
  return { log, close };
}
