import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratedFile } from './generated-file';
import { SCHEMA_FOLDER } from './schema-files';

/** Paths of files that differ from what the sources say, that are missing, or that nothing generates any more. */
export function staleFiles(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const changed = files.filter(({ path, content }) => contentOf(join(root, path)) !== content);
  return [...changed.map(({ path }) => path), ...leftOver(root, files)];
}

function contentOf(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function leftOver(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const folder = join(root, SCHEMA_FOLDER);
  const known = new Set(files.map(({ path }) => path));
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map((file) => `${SCHEMA_FOLDER}/${file}`)
    .filter((path) => path.endsWith('.json') && !known.has(path));
}
