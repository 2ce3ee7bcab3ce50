import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TempFolder } from '../../tools/stack/src';
import { createTempFolder } from '../../tools/stack/src';

const run = promisify(execFile);
const BALLAST = 'ballast';
/** In large steps, then to the last byte. */
const BLOCKS = [1_048_576, 4_096].map((size) => Buffer.alloc(size));

/** A file system of its own, small enough to be filled. Only root may mount one. */
export class SmallDisk {
  private constructor(private readonly folder: TempFolder) {}

  static async mount(megabytes: number): Promise<SmallDisk> {
    return SmallDisk.mountAt(await createTempFolder('uplift-disk'), megabytes);
  }

  static async mountAt(folder: TempFolder, megabytes: number): Promise<SmallDisk> {
    await mkdir(folder.path, { recursive: true });
    if (process.getuid?.() !== 0) throw new Error('Only root may mount a small disk: run as root');
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder.path]);
    return new SmallDisk(folder);
  }

  get path(): string {
    return this.folder.path;
  }

  /** Not a byte is left. */
  async fill(): Promise<void> {
    const file = await open(join(this.path, BALLAST), 'a');
    for (const block of BLOCKS) await writeUntilFull(file, block);
    await file.close();
  }

  async makeRoom(): Promise<void> {
    await rm(join(this.path, BALLAST), { force: true });
  }

  /** Also while somebody still has a file of it open. */
  async remove(): Promise<void> {
    await run('umount', ['--lazy', this.path]);
    await this.folder.remove();
  }
}

async function writeUntilFull(file: FileHandle, block: Buffer): Promise<void> {
  try {
    for (;;) await file.write(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
