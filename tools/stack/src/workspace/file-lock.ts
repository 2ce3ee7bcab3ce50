import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning } from '../process/process-info';

const RETRY_MS = 50;
const EMPTY_LIMIT_MS = 5_000;

/** Runs one action at a time across processes; the lock file names its owner, so a dead owner's lock is taken over. */
export async function exclusively<T>(lockFile: string, action: () => Promise<T>): Promise<T> {
  while (!(await take(lockFile))) await pause(RETRY_MS);
  try {
    return await action();
  } finally {
    await rm(lockFile, { force: true });
  }
}

async function take(lockFile: string): Promise<boolean> {
  try {
    await writeFile(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await dropIfOwnerIsGone(lockFile);
    return false;
  }
}

async function dropIfOwnerIsGone(lockFile: string): Promise<void> {
  const found = await Promise.all([readFile(lockFile, 'utf8'), stat(lockFile)]).catch(
    () => undefined,
  );
  if (!found) return;
  const [owner, { mtimeMs }] = found;
  // Empty for an instant, between the file's creation and the writing of the owner's id.
  const isGone = owner === '' ? Date.now() - mtimeMs > EMPTY_LIMIT_MS : !isRunning(Number(owner));
  if (isGone) await rm(lockFile, { force: true });
}
