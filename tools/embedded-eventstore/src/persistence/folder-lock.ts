import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'server.lock';

class FolderInUseError extends Error {
  constructor(folder: string, owner: string) {
    super(`${folder} is in use by another server (process ${owner.split(' ')[0] ?? owner})`);
  }
}

/**
 * Keeps a second server out of the folder. A lock left behind by a killed process is taken over. It is a symbolic link
 * to the name of its owner: made in one step, and also where the disk is full.
 */
export class FolderLock {
  private constructor(private readonly path: string) {}

  static acquire(folder: string): FolderLock {
    const path = join(folder, LOCK_FILE);
    const own = processIdentity(process.pid) ?? String(process.pid);
    if (!link(own, path)) takeOver(folder, path, own);
    return new FolderLock(path);
  }

  release(): void {
    remove(this.path);
  }
}

function takeOver(folder: string, path: string, own: string): void {
  const owner = ownerIn(path);
  if (isHeld(owner)) throw new FolderInUseError(folder, owner);
  const aside = `${path}.${process.pid}.stale`;
  tryUnless('ENOENT', () => renameSync(path, aside));
  const removed = ownerIn(aside);
  remove(aside);
  // Another server may have taken the stale lock over between the two steps.
  if (isHeld(removed)) {
    link(removed, path);
    throw new FolderInUseError(folder, removed);
  }
  if (!link(own, path)) throw new FolderInUseError(folder, ownerIn(path));
}

/** False where there is a lock. */
function link(owner: string, path: string): boolean {
  return tryUnless('EEXIST', () => symlinkSync(owner, path));
}

/** Some versions of Node 24 leave a link that leads nowhere where it is when `rmSync` is told to remove it. */
function remove(path: string): void {
  tryUnless('ENOENT', () => unlinkSync(path));
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

/** Empty where there is none. An earlier version wrote the name of the owner into a file. */
function ownerIn(path: string): string {
  return textBy(readlinkSync, path) ?? textBy(readFileSync, path) ?? '';
}

function textBy(
  read: (path: string, encoding: 'utf8') => string,
  path: string,
): string | undefined {
  try {
    return read(path, 'utf8');
  } catch {
    return undefined;
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
