// Runs before anything is installed: Node's own modules only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
const STAMP = join(root, 'node_modules/.uplift-installed.json');

/** Named, because NODE_ENV=production and npm's `omit` setting would leave the build tools out. */
const GROUPS = ['--include=dev', '--include=optional'];

/** Runs a command in the workspace with its output shown; answers whether it ended well. */
export function runs(command, args, env = {}) {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status, error } = spawnSync(command, args, options);
  if (error) throw error;
  return status === 0;
}

/** Installs the packages of the lockfile unless exactly they are there already, and builds. */
export function ensureInstalled() {
  refuseForeignFolder();
  if (!isInstalled()) {
    if (!runs('npm', ['ci', ...GROUPS, '--no-audit', '--no-fund'])) process.exit(1);
    writeFileSync(STAMP, JSON.stringify(whatIsInstalled()));
  }
  if (!runs('npm', ['run', 'build', '--silent'])) process.exit(1);
}

/** Whether what lies in node_modules is what `ensureInstalled` once put there for this lockfile and this Node. */
function isInstalled() {
  try {
    return readFileSync(STAMP, 'utf8') === JSON.stringify(whatIsInstalled());
  } catch {
    return false;
  }
}

function whatIsInstalled() {
  return {
    lockfile: checksum(join(root, 'package-lock.json')),
    // npm rewrites it with each change, also when somebody prunes or adds packages by hand.
    packages: checksum(join(root, 'node_modules/.package-lock.json')),
    groups: GROUPS,
    node: process.versions.node.split('.')[0],
    platform: `${process.platform}-${process.arch}`,
  };
}

/** Runs a built script in this process. */
export async function runBuilt(script) {
  await import(pathToFileURL(join(root, 'dist', script)).href);
}

function checksum(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function refuseForeignFolder() {
  const written = ['', 'node_modules', 'dist', '.uplift'].map((name) => join(root, name));
  for (const path of written.filter((path) => existsSync(path))) {
    try {
      accessSync(path, constants.W_OK);
    } catch {
      console.error(
        `You cannot write to ${path}: use a clone of your own, or its owner's account.`,
      );
      process.exit(1);
    }
  }
}
