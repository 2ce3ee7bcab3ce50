import { parseArgs } from 'node:util';
import { ensureInstalled, runs } from './ensure-installed.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '200' } } });
if (!/^[1-9]\d{0,5}$/.test(values.runs)) {
  console.error(`--runs takes a number from 1 on, not "${values.runs}"`);
  process.exit(2);
}

ensureInstalled();
runs('node', ['dist/tools/stack/src/main.js', '--install-only']);
const suite = ['jest', '--selectProjects', 'chaos', '--testPathPatterns', 'crash-runs'];
process.exitCode = runs('npx', suite, { UPLIFT_CRASH_RUNS: values.runs }) ? 0 : 1;
