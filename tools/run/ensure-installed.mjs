// Runs before anything is installed: Node's own modules only.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { showing } from './progress.mjs';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
const STAMP = join(root, 'node_modules/.uplift-installed.json');
/** Of what was built: it knows whether a source is newer. */
const FRESHNESS = 'tools/stack/src/workspace/workspace.js';

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
export async function ensureInstalled() {
  const foreign = foreignPath();
  if (foreign !== undefined) {
    console.error(
      `You cannot write to ${foreign}: use a clone of your own, or its owner's account.`,
    );
    process.exit(1);
  }
  try {
    if (!isInstalled()) await install();
    await build();
  } catch (error) {
    if (!(error instanceof FailedStep)) throw error;
    process.stderr.write(error.output);
    process.exit(1);
  }
}

/**
 * The same for a command that is typed often: it builds only when a source is newer than what was made of it. In
 * somebody else's folder it takes what is there.
 */
export async function ensureCurrent() {
  const isThere = existsSync(join(root, 'dist', FRESHNESS));
  if (isThere && foreignPath() !== undefined) return;
  if (!isThere || !isInstalled() || !(await isBuilt())) await ensureInstalled();
}

async function isBuilt() {
  const freshness = await import(pathToFileURL(join(root, 'dist', FRESHNESS)).href);
  return freshness.default.isBuilt(root);
}

async function install() {
  const args = ['ci', ...GROUPS, '--no-audit', '--no-fund'];
  await showing('Installing the packages of the lockfile', () => endsWell('npm', args));
  writeFileSync(STAMP, JSON.stringify(whatIsInstalled()));
}

async function build() {
  const work = () => endsWell('npm', ['run', 'build', '--silent']);
  await (existsSync(join(root, 'dist')) ? work() : showing('Building', work));
}

class FailedStep extends Error {
  constructor(command, output) {
    super(`${command} failed`);
    this.output = output;
  }
}

/** Runs a command whose output is of interest only if it fails. */
async function endsWell(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (it) => output.push(it));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new FailedStep(command, Buffer.concat(output));
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

/** What this account would have to write to, and cannot. */
function foreignPath() {
  const written = ['', 'node_modules', 'dist', '.uplift'].map((name) => join(root, name));
  return written.filter((path) => existsSync(path)).find((path) => !isWritable(path));
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
