import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where prepared binaries lie between runs. Under the temp directory, because an unprivileged account must be
 * able to reach it, and refused when somebody else owns it, because binaries are run from it.
 */
export async function cacheFolder(): Promise<string> {
  const own = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `uplift-cache-${own}`);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const found = await lstat(folder);
  if (!found.isDirectory() || (process.getuid && found.uid !== own)) {
    throw new Error(`${folder} belongs to somebody else; remove it or set TMPDIR`);
  }
  return folder;
}
