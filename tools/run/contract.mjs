import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, root, runs } from './ensure-installed.mjs';

/** By what somebody asks for: the suites that hold it to its contract. */
const CONTRACTS = {
  'command-api': '(test/contract/command-api/|test/fuzz/published-operations)',
  projector: 'test/contract/projector/',
  relay: 'test/contract/relay/',
  'stage-workers': 'test/contract/stage-workers/',
  webhooks: 'test/contract/webhooks/',
  events: '(test/contract/events/|test/contract/asyncapi)',
  published: 'tools/compatibility/',
  consumers: 'test/contract/consumers/',
  client: 'test/contract/client/',
  'event-store': 'test/contract/event-store/',
  bus: 'test/contract/bus/',
  lagoon: 'test/contract/lagoon/',
};
const NAMES = Object.keys(CONTRACTS);

const HELP = `Holds a service, or what services share, to its contract, and counts.

npm run contract -- [name ...] [options]
  names           ${NAMES.slice(0, 5).join(', ')}: the services
                  events: schemas and golden events of every version
                  published: the contracts against the published ones
                  consumers: what teams rely on, contracts/consumers
                  client: the library that teams send commands with
                  ${NAMES.slice(9).join(', ')}: adapters and their twins
                  (default: all)
  --only <words>  only tests whose name holds these words, for example a team or a file
  --runs <n>      inputs of each published operation (default: those of npm test)
  --publish       no test: keep the contracts as they are as the published ones
  --help
`;
const OPTIONS = {
  only: { type: 'string' },
  runs: { type: 'string' },
  publish: { type: 'boolean' },
  help: { type: 'boolean' },
};
const JEST = join(root, 'node_modules/jest/bin/jest.js');
const REPORT = join(root, '.uplift/contract-report.json');
const INPUTS = join(root, '.uplift/contract-inputs.jsonl');

const { names, options } = readArguments();
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
await ensureInstalled();
process.exit(options.publish ? publish() : run());

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
    const unknown = positionals.filter((name) => !NAMES.includes(name));
    if (unknown.length > 0) {
      refuse(`There is no contract of ${unknown.join(', ')}: take ${NAMES.join(', ')}`);
    }
    if (values.runs !== undefined && !/^[1-9]\d{0,6}$/.test(values.runs)) {
      refuse('--runs takes a whole number from 1 on');
    }
    return { names: positionals.length === 0 ? NAMES : positionals, options: values };
  } catch (error) {
    return refuse(error.message.split('. ')[0]);
  }
}

function refuse(sentence) {
  console.error(`${sentence}; see npm run contract -- --help`);
  process.exit(2);
}

function publish() {
  return runs(process.execPath, ['dist/tools/compatibility/src/main.js', '--publish']) ? 0 : 1;
}

function run() {
  if (!runs(process.execPath, ['dist/tools/stack/src/main.js', '--install-only'])) return 1;
  mkdirSync(join(root, '.uplift'), { recursive: true });
  for (const file of [REPORT, INPUTS]) rmSync(file, { force: true });
  const pattern = names.map((name) => CONTRACTS[name]).join('|');
  const { only, runs: inputs } = options;
  const args = [
    ...['--selectProjects', 'unit', 'integration', 'contract', '--testPathPatterns', pattern],
    ...['--json', `--outputFile=${REPORT}`],
    ...(only === undefined ? [] : ['--testNamePattern', escaped(only)]),
  ];
  const { status } = spawnSync(process.execPath, [JEST, ...args], {
    cwd: root,
    stdio: ['inherit', 'ignore', 'inherit'],
    env: {
      ...process.env,
      UPLIFT_FUZZ_REPORT: INPUTS,
      ...(inputs === undefined ? {} : { UPLIFT_FUZZ_RUNS: inputs }),
    },
  });
  const tried = show();
  if (tried === 0) refuse(`No test has "${only}" in its name`);
  return status === 0 ? 0 : 1;
}

/** A table, and how many tests there were. */
function show() {
  const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8'));
  const files = testResults.map(({ name, status, assertionResults }) => ({
    path: relative(root, name).replaceAll('\\', '/'),
    isBroken: status === 'failed',
    passed: countOf(assertionResults, 'passed'),
    failed: countOf(assertionResults, 'failed'),
  }));
  const rows = names.map((name) => rowOf(name, files));
  const all = ['suites', 'passed', 'failed'].map((column) =>
    rows.reduce((sum, row) => sum + row[column], 0),
  );
  console.log(`\n${line('contract', 'suites', 'passed', 'failed')}`);
  for (const { name, suites, passed, failed } of rows) {
    console.log(line(name, suites, passed, failed));
  }
  console.log(line('all', ...all));
  showInputs();
  return all[1] + all[2];
}

function rowOf(name, files) {
  const own = files.filter(({ path }) => new RegExp(CONTRACTS[name]).test(path));
  const sum = (count) => own.reduce((total, file) => total + count(file), 0);
  return {
    name,
    suites: own.filter(({ passed, failed, isBroken }) => passed + failed > 0 || isBroken).length,
    passed: sum(({ passed }) => passed),
    // A suite that did not load has no test that failed.
    failed: sum(({ failed, isBroken }) => (isBroken ? Math.max(1, failed) : failed)),
  };
}

function countOf(results, status) {
  return results.filter((result) => result.status === status).length;
}

function line(name, ...counts) {
  return [name.padEnd(14), ...counts.map((count) => String(count).padStart(7))].join('');
}

/** Of the published operations: how many were driven, with how many inputs. */
function showInputs() {
  if (!existsSync(INPUTS)) return;
  const driven = readFileSync(INPUTS, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  for (const document of ['openapi', 'asyncapi', 'webhooks']) {
    const some = driven.filter(({ edge }) => edge.startsWith(`${document}/`));
    if (some.length === 0) continue;
    const inputs = some.reduce((sum, { runs: count }) => sum + count, 0);
    console.log(`${document}: ${some.length} operations driven with ${inputs} inputs`);
  }
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
