import { ensureInstalled, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';

ensureInstalled();
const count = new TestCount();
const installs = runs('node', ['dist/tools/stack/src/main.js', '--install-only']);
count.check(installs, 'the servers could not be installed: see above');
count.check(runs('npm', ['run', 'verify', '--silent']), 'verify failed: see above');
count.jest(['unit', 'integration', 'contract']);
// These want the machine for themselves.
count.jest(['e2e', 'chaos'], { args: ['--runInBand'] });
count.conclude();
