import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-identity';

const LOCK_FILE = 'server.lock';

export class FolderInUseError extends Error {
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
      if (!tryLink(own, path)) takeOver(folder, path, own);
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
  renameIfPresent(path, aside);
  const removed = readIfPresent(aside);
  rmSync(aside, { force: true });
  // Another server may have taken the stale lock over between the two steps.
  if (isHeld(removed)) {
    writeFileSync(path, removed);
    throw new FolderInUseError(folder, removed);
  }
  if (!tryLink(own, path)) throw new FolderInUseError(folder, readIfPresent(path));
}

function isHeld(owner: string): boolean {
  return owner !== '' && processIdentity(Number(owner.split(' ')[0])) === owner;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
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

function renameIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
