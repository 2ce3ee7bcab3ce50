import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ensureInstalled, root, runBuilt } from './ensure-installed.mjs';
import { HAS_OTHER_NODES, NEWEST_NODE, nodeOfVersion } from './other-node.mjs';

const SCRIPT = 'bench/main.js';

await ensureInstalled();
const args = process.argv.slice(2);
const at = args.indexOf('--node');
if (at < 0) await runBuilt(SCRIPT);
else {
  const [, wanted] = args.splice(at, 2);
  const options = { cwd: root, stdio: 'inherit' };
  const { status } = spawnSync(nodeFor(wanted), [`dist/${SCRIPT}`, ...args], options);
  process.exitCode = status ?? 1;
}

/** The bench and all that it starts run on one Node: a version, or the path of a binary. */
function nodeFor(wanted = '') {
  if (existsSync(wanted)) return wanted;
  const isVersion = /^\d+\.\d+\.\d+$/.test(wanted);
  const binary = isVersion && HAS_OTHER_NODES ? nodeOfVersion(wanted) : undefined;
  if (binary !== undefined) return binary;
  console.error(
    `bench: --node wants the path of a binary, or on Linux on x64 a version such as ${NEWEST_NODE}, not "${wanted}"`,
  );
  process.exit(2);
}
