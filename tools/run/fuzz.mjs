import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, root } from './ensure-installed.mjs';

const HELP = `Feeds every edge of Uplift with random input, and shows how much of it.

npm run fuzz -- [options]
  --runs <n>     inputs per edge (default: those of npm test)
  --seed <n>     where chance begins (default 1); the same seed gives the same inputs
  --edge <name>  only this edge
  --path <path>  only the input that a failure named, with its edge and seed
  --help
`;
const OPTIONS = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  edge: { type: 'string' },
  path: { type: 'string' },
  help: { type: 'boolean' },
};
const REPORT = join(root, '.uplift/fuzz-report.jsonl');
const JEST = join(root, 'node_modules/jest/bin/jest.js');
const SPECS = 'test/fuzz/';

const options = readOptions();
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
await ensureInstalled();
process.exit(run());

function readOptions() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    for (const name of ['runs', 'seed']) {
      const value = values[name];
      if (value !== undefined && !/^\d{1,9}$/.test(value)) refuse(`--${name} takes a whole number`);
    }
    return values;
  } catch (error) {
    return refuse(error.message.split('. ')[0]);
  }
}

function refuse(sentence) {
  console.error(`${sentence}; see npm run fuzz -- --help`);
  process.exit(2);
}

function run() {
  mkdirSync(join(root, '.uplift'), { recursive: true });
  rmSync(REPORT, { force: true });
  const { runs, seed, edge, path } = options;
  const settings = { UPLIFT_FUZZ_RUNS: runs, UPLIFT_FUZZ_SEED: seed, UPLIFT_FUZZ_EDGE: edge };
  const given = Object.entries({ ...settings, UPLIFT_FUZZ_PATH: path });
  const env = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const args = [JEST, '--selectProjects', 'unit', '--testPathPatterns', SPECS];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env, UPLIFT_FUZZ_REPORT: REPORT },
  });
  const counts = readCounts();
  showCounts(counts);
  if (counts.length === 0 && edge !== undefined) refuse(`There is no edge "${edge}"`);
  return status === 0 ? 0 : 1;
}

function readCounts() {
  if (!existsSync(REPORT)) return [];
  const lines = readFileSync(REPORT, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line)).sort((a, b) => a.edge.localeCompare(b.edge));
}

function showCounts(counts) {
  const longest = Math.max(4, ...counts.map(({ edge }) => edge.length));
  console.log(`\n${'edge'.padEnd(longest)}  ${'inputs'.padStart(9)}  ${'seconds'.padStart(8)}`);
  for (const { edge, runs, ms } of counts) {
    const seconds = (ms / 1_000).toFixed(1);
    console.log(`${edge.padEnd(longest)}  ${String(runs).padStart(9)}  ${seconds.padStart(8)}`);
  }
  const total = counts.reduce((sum, { runs }) => sum + runs, 0);
  console.log(`${'all'.padEnd(longest)}  ${String(total).padStart(9)}`);
}
