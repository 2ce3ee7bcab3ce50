import { ensureInstalled, root, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';
import { takesNoOptions } from './no-options.mjs';
import { RUNS } from './suites.mjs';

takesNoOptions('npm test', 'Runs every check and most suites: see CONTRIBUTING.md, "Tests".');
// dependency-cruiser finds no file there.
if (/[#%]/.test(root)) {
  console.error(`npm test needs a folder whose path has no # and no %; this is ${root}`);
  process.exit(1);
}

await ensureInstalled();
const count = new TestCount();
count.installServers();
count.check(runs('npm', ['run', 'verify', '--silent']), 'verify failed: see above');
count.check(
  runs('node', ['dist/test/simulation/main.js', '--seeds', '500']),
  'the simulation found something: see above',
);
count.jest(RUNS.test);
count.conclude();
