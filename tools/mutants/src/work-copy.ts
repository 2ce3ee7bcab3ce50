import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Mutant } from './mutant';
import { mutated } from './mutant';

/** Made by installing, building and running; node_modules is linked. */
const NOT_COPIED = ['node_modules', 'dist', 'coverage', '.git', '.uplift'];

/** A copy of the repository as it lies there, in which rules can be broken. */
export class WorkCopy {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'uplift-mutants-'));

  constructor(root: string) {
    const isCopied = (path: string) => !NOT_COPIED.includes(firstFolder(relative(root, path)));
    cpSync(root, this.folder, { recursive: true, filter: isCopied });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** The file is as it was once `work` has ended. Throws EditDoesNotApplyError. */
  async with<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, mutant.file);
    const original = this.read(mutant.file);
    writeFileSync(path, mutated(mutant, original));
    try {
      return await work();
    } finally {
      writeFileSync(path, original);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function firstFolder(path: string): string {
  return path.split(sep)[0] ?? '';
}
