import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../workspace/cache-folder';
import { exclusively } from '../workspace/file-lock';
import { replaceFolder } from '../workspace/replace-folder';
import type { Account } from '../process/supervised-process';

const run = promisify(execFile);
const ACCOUNTS = ['postgres', 'nobody'];

/** Creates a database cluster in `folder` by copying one that is initialised once per machine. */
export async function createCluster(
  home: string,
  folder: string,
  account: Account | undefined,
): Promise<void> {
  const template = await templateCluster(home, account);
  await ownFolder(folder, account);
  await run('cp', ['-R', `${template}/.`, folder], { cwd: '/', ...account });
}

async function templateCluster(home: string, account: Account | undefined): Promise<string> {
  const cache = await cacheFolder();
  const template = `${home}-cluster-${account?.uid ?? 'own'}`;
  await exclusively(join(cache, 'postgres-cluster.lock'), async () => {
    if (existsSync(template)) return;
    await replaceFolder(template, (staging) => initialise(home, staging, account));
  });
  return join(template, 'cluster');
}

async function initialise(
  home: string,
  staging: string,
  account: Account | undefined,
): Promise<string> {
  await chmod(staging, 0o711);
  await ownFolder(join(staging, 'cluster'), account);
  const args = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  await run(join(home, 'bin', 'initdb'), [...args, '-D', join(staging, 'cluster')], {
    cwd: '/',
    ...account,
  });
  return staging;
}

/** The account that PostgreSQL runs as has to walk to the cluster's folder. */
export async function openFolder(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (!account) return;
  await chmod(folder, 0o711);
  try {
    await run('test', ['-x', folder], { cwd: '/', ...account });
  } catch (error) {
    throw new Error(
      `PostgreSQL does not run as root, and the account it runs as (${account.uid}) cannot reach ${folder}: choose a folder under ${tmpdir()}`,
      { cause: error },
    );
  }
}

/** PostgreSQL wants its folder for itself, and owned by whom it runs as. */
async function ownFolder(folder: string, account: Account | undefined): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  if (account) await chown(folder, account.uid, account.gid);
}

/** PostgreSQL refuses to run as root: as root, the account to run it as; else undefined. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = ACCOUNTS.map(lookUp).find((found) => found !== undefined);
  if (account) return account;
  throw new Error(`None of the accounts ${ACCOUNTS.join(', ')} exists to run PostgreSQL as`);
}

function lookUp(name: string): Account | undefined {
  try {
    return { uid: idOf('-u', name), gid: idOf('-g', name) };
  } catch {
    return undefined;
  }
}

function idOf(flag: '-u' | '-g', name: string): number {
  return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
}
