import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { exclusively } from './file-lock';

const SOURCES = ['apps', 'libs', 'tools', 'bench'];

/** The folder of the workspace, or of the package that this is a part of; sources and build output lie at different depths below it. */
export function projectRoot(from = __dirname): string {
  if (existsSync(join(from, 'package.json'))) return from;
  if (dirname(from) === from) throw new Error('The Uplift workspace was not found');
  return projectRoot(dirname(from));
}

/** Builds the workspace when a source is newer than its output. Safe to call from many processes at once. */
export async function ensureBuilt(root = projectRoot()): Promise<void> {
  if (await isBuilt(root)) return;
  await mkdir(join(root, '.uplift'), { recursive: true });
  await exclusively(join(root, '.uplift', 'build.lock'), async () => {
    if (!(await isBuilt(root))) await build(root);
  });
}

export async function isBuilt(root: string): Promise<boolean> {
  const sources = (await Promise.all(SOURCES.map((folder) => sourcesIn(root, folder)))).flat();
  const fresh = await Promise.all(sources.map((file) => isFresh(root, file)));
  return fresh.every(Boolean);
}

async function sourcesIn(root: string, folder: string): Promise<string[]> {
  const files = await readdir(join(root, folder), { recursive: true }).catch(() => []);
  return files
    .filter((file) => file.endsWith('.ts') && !/\.(spec|d)\.ts$|node_modules/.test(file))
    .map((file) => join(folder, file));
}

async function isFresh(root: string, file: string): Promise<boolean> {
  const [source, output] = await Promise.all([
    modifiedAt(join(root, file)),
    modifiedAt(join(root, 'dist', file.replace(/\.ts$/, '.js'))),
  ]);
  return output > 0 && output >= source;
}

async function modifiedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function build(root: string): Promise<void> {
  try {
    await promisify(execFile)('npm', ['run', 'build', '--silent'], { cwd: root });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The build failed:\n${stdout}${stderr}`, { cause: error });
  }
}
