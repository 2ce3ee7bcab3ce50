import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GeneratedFile } from './generated-file';
import { staleFiles } from './stale-files';

/** Brings the files below `root` up to date; gives back the paths that changed. */
export function writeFiles(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const stale = staleFiles(root, files);
  for (const path of stale) rmSync(join(root, path), { force: true });
  for (const { path, content } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return stale;
}
