import { execFileSync } from 'node:child_process';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'server.lock';

class FolderInUseError extends Error {
  constructor(folder: string, owner: string) {
    super(`${folder} is in use by another server (process ${owner.split(' ')[0] ?? owner})`);
  }
}

/** Keeps a second server out of the folder. A lock left behind by a killed process is taken over. */
export class FolderLock {
  private constructor(private readonly path: string) {}

  static acquire(folder: string): FolderLock {
    const path = join(folder, LOCK_FILE);
    const own = `${path}.${process.pid}`;
    writeFileSync(own, processIdentity(process.pid) ?? String(process.pid));
    try {
      if (!tryUnless('EEXIST', () => linkSync(own, path))) takeOver(folder, path, own);
    } finally {
      rmSync(own, { force: true });
    }
    return new FolderLock(path);
  }

  release(): void {
    rmSync(this.path, { force: true });
  }
}

function takeOver(folder: string, path: string, own: string): void {
  const owner = readIfPresent(path);
  if (isHeld(owner)) throw new FolderInUseError(folder, owner);
  const aside = `${own}.stale`;
  tryUnless('ENOENT', () => renameSync(path, aside));
  const removed = readIfPresent(aside);
  rmSync(aside, { force: true });
  // Another server may have taken the stale lock over between the two steps.
  if (isHeld(removed)) {
    writeFileSync(path, removed);
    throw new FolderInUseError(folder, removed);
  }
  if (tryUnless('EEXIST', () => linkSync(own, path))) return;
  throw new FolderInUseError(folder, readIfPresent(path));
}

function isHeld(owner: string): boolean {
  return owner !== '' && processIdentity(Number(owner.split(' ')[0])) === owner;
}

/** False when the action fails with that code. */
function tryUnless(code: string, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * A text that names one process for good: a process id alone is given out again after a restart.
 * Undefined when no such process runs.
 */
function processIdentity(pid: number): string | undefined {
  try {
    const startedAt = process.platform === 'linux' ? linuxStart(pid) : portableStart(pid);
    return startedAt && `${pid} ${startedAt}`;
  } catch {
    return undefined;
  }
}

function linuxStart(pid: number): string | undefined {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Fields are counted after the command, which may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === 'Z' ? undefined : `${boot} ${startTicks ?? ''}`;
}

function portableStart(pid: number): string {
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
