import { execFile } from 'node:child_process';
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Where prepared binaries lie between runs. Under the temp directory, because an unprivileged account must be able to
 * reach it; under /var/tmp where the temp directory allows no programs to run.
 */
export async function cacheFolder(parents: readonly string[] = [tmpdir(), '/var/tmp']) {
  const problems: string[] = [];
  for (const parent of parents) {
    const folder = join(parent, `uplift-cache-${process.getuid?.() ?? 0}`);
    const problem = await problemWith(folder);
    if (problem === undefined) return folder;
    problems.push(problem);
  }
  throw new Error(`${problems.join('; ')}: set TMPDIR to a folder where programs can run`);
}

async function problemWith(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const found = await lstat(folder);
    // Binaries are run from it: nobody else may put them there.
    if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid))
      return `${folder} belongs to somebody else`;
    return (await canRunProgramsIn(folder)) ? undefined : `no program can run in ${folder}`;
  } catch (error) {
    return `${folder} cannot be used (${(error as Error).message})`;
  }
}

/** Asks the system itself: a mount option (`noexec`), a container or a policy may forbid it. */
async function canRunProgramsIn(folder: string): Promise<boolean> {
  const probe = join(folder, 'can-run-programs');
  await writeFile(probe, '#!/bin/sh\n', { mode: 0o755, flag: 'wx' }).catch(() => undefined);
  return promisify(execFile)(probe).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'EACCES' && error.code !== 'EPERM',
  );
}
