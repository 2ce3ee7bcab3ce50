import { ensureInstalled, root, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';

// dependency-cruiser finds no file there.
if (/[#%]/.test(root)) {
  console.error(`npm test needs a folder whose path has no # and no %; this is ${root}`);
  process.exit(1);
}

ensureInstalled();
const count = new TestCount();
count.installServers();
count.check(runs('npm', ['run', 'verify', '--silent']), 'verify failed: see above');
count.jest(['unit', 'integration', 'contract']);
// Each suite starts a dozen processes: two at a time, however many cores there are.
count.jest(['e2e', 'chaos'], { args: ['--maxWorkers=2'] });
count.conclude();
