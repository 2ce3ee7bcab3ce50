// Node's own modules only.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runs } from './ensure-installed.mjs';

const REPORT = join(root, '.uplift/test-report.json');
const JEST = join(root, 'node_modules/jest/bin/jest.js');

/** Each suite of a whole stack starts a dozen processes. */
export const TWO_AT_A_TIME = { args: ['--maxWorkers=2'] };

/** What has passed and failed so far, over several runs of Jest and other checks. */
export class TestCount {
  passed = 0;
  failed = 0;

  /** One check that is not Jest's. */
  check(isGood, sentence) {
    if (isGood) return;
    console.log(sentence);
    this.failed += 1;
  }

  /** Puts the servers of a stack in place, so that no test waits for an installation. */
  installServers(node = process.execPath) {
    const isDone = runs(node, ['dist/tools/stack/src/main.js', '--install-only']);
    this.check(isDone, 'the servers could not be installed: see above');
  }

  /** Runs the suites of a row of RUNS, optionally with another Node and more settings. */
  jest({ projects, pattern }, { args = [], node = process.execPath, env = {} } = {}) {
    rmSync(REPORT, { force: true });
    mkdirSync(join(root, '.uplift'), { recursive: true });
    const options = ['--json', `--outputFile=${REPORT}`, '--testPathPatterns', pattern, ...args];
    const { status } = spawnSync(node, [JEST, '--selectProjects', ...projects, ...options], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    this.add(status === 0);
  }

  add(isGreen) {
    const report = JSON.parse(readFileSync(REPORT, 'utf8'));
    const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
    this.passed += report.numPassedTests;
    // A suite that ends badly without a failed test, such as a missed coverage floor, is a failure too.
    this.failed += isGreen ? failed : Math.max(1, failed);
  }

  /** The last line of the output, and the exit code. */
  conclude() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exit(this.failed === 0 && this.passed > 0 ? 0 : 1);
  }
}
