// Fails when a package of the lockfile, or our own, refuses a Node that we support.
// Usage: node tools/run/check-engines.mjs [<package-lock.json>]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { root } from './ensure-installed.mjs';

/** The first and the last release of each supported line; Node 20 goes when no machine of ours brings it any more. */
const SUPPORTED = [
  ['20.19.0', '20.999.0'],
  ['22.13.0', '22.999.0'],
  ['24.0.0', '24.999.0'],
  ['26.0.0', '26.999.0'],
];

const lockfile = process.argv[2] ?? join(root, 'package-lock.json');
const { packages } = JSON.parse(readFileSync(lockfile, 'utf8'));
const problems = Object.entries(packages).flatMap(([path, { engines, version }]) => {
  const range = engines?.node;
  if (range === undefined) return [];
  const refused = SUPPORTED.flat().filter((node) => !semver.satisfies(node, range));
  const name = path === '' ? 'our own package.json' : `${path}@${version}`;
  return refused.length === 0 ? [] : [`${name} wants Node ${range}: refuses ${refused.join(', ')}`];
});
problems.forEach((line) => console.error(line));
process.exitCode = problems.length === 0 ? 0 : 1;
