// The suites whose size is a setting, at their full size. See CONTRIBUTING.md, "Tests".
import { ensureInstalled } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';

ensureInstalled();
const count = new TestCount();
count.installServers();
const sized = {
  projects: ['integration', 'chaos'],
  pattern: '(crash-runs|event-store|lagoon|scale|servers|services)\\.chaos|queued-fleet',
};
count.jest(sized, { args: ['--runInBand'], env: { UPLIFT_LONG_TESTS: '1' } });
count.conclude();
