import {
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderLock } from './folder-lock';

describe('the lock of a folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'folder-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const path = () => join(folder, 'server.lock');

  it('is gone when its owner lets go of it', () => {
    FolderLock.acquire(folder).release();
    expect(readdirSync(folder)).toEqual([]);
    FolderLock.acquire(folder).release();
  });

  it('is taken over from an owner that is gone, and nothing is left of that', () => {
    const [owner, killed] = [ownName(), '1 killed long ago'];
    symlinkSync(killed, path());
    FolderLock.acquire(folder);
    expect([readdirSync(folder), readlinkSync(path())]).toEqual([['server.lock'], owner]);
  });

  it('keeps others out, also where an earlier version made it: a file', () => {
    const owner = ownName();
    writeFileSync(path(), owner);
    expect(() => FolderLock.acquire(folder)).toThrow('in use');
    rmSync(path());
    FolderLock.acquire(folder);
    expect(() => FolderLock.acquire(folder)).toThrow('in use');
  });

  /** What names this process. */
  function ownName(): string {
    const lock = FolderLock.acquire(folder);
    const name = readlinkSync(path());
    lock.release();
    return name;
  }
});
