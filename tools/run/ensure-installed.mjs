// Runs before anything is installed: Node's own modules only.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Runs a command with its output shown; ends this process if it fails. */
export function runOrExit(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs the packages of the lockfile unless they are there already, and builds. */
export function ensureInstalled() {
  const stamp = resolve(root, 'node_modules/.package-lock.json');
  const lockfile = resolve(root, 'package-lock.json');
  const isCurrent = existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lockfile).mtimeMs;
  if (!isCurrent) runOrExit('npm', ['ci', '--no-audit', '--no-fund']);
  runOrExit('npm', ['run', 'build', '--silent']);
}
