import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { ensureInstalled, root } from './ensure-installed.mjs';

const REPORT = `${root}/.uplift/test-report.json`;

/** What `npm test` runs, in this order; the last two want the machine for themselves. */
const SUITES = [
  ['unit', 'integration', 'contract'],
  ['e2e', 'chaos'],
];

ensureInstalled();
mkdirSync(`${root}/.uplift`, { recursive: true });
runs('node', ['dist/tools/stack/src/main.js', '--install-only']);

const counts = { passed: 0, failed: 0 };
if (!runs('npm', ['run', 'verify', '--silent'])) {
  console.log('verify failed: see above');
  counts.failed += 1;
}
for (const suites of SUITES) countSuites(suites);

console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

function runs(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

function countSuites(suites) {
  rmSync(REPORT, { force: true });
  const alone = suites.includes('e2e') ? ['--runInBand'] : [];
  const options = [...alone, '--json', `--outputFile=${REPORT}`, '--passWithNoTests'];
  const isGreen = runs('npx', ['jest', '--selectProjects', ...suites, ...options]);
  const report = JSON.parse(readFileSync(REPORT, 'utf8'));
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  // A suite that ends badly without a failed test, such as a missed coverage floor, is a failure too.
  if (!isGreen && report.numFailedTests + report.numRuntimeErrorTestSuites === 0)
    counts.failed += 1;
}
