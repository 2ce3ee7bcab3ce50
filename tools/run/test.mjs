import { ensureInstalled, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';

ensureInstalled();
const count = new TestCount();
count.installServers();
count.check(runs('npm', ['run', 'verify', '--silent']), 'verify failed: see above');
count.jest(['unit', 'integration', 'contract']);
// Each suite starts a dozen processes: two at a time, however many cores there are.
count.jest(['e2e', 'chaos'], { args: ['--maxWorkers=2'] });
count.conclude();
