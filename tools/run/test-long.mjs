// The suites whose size is a setting, at their full size. See CONTRIBUTING.md, "Tests".
import { ensureInstalled } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';

ensureInstalled();
const count = new TestCount();
count.installServers();
count.jest(['chaos'], {
  args: ['--runInBand', '--testPathPatterns', '(crash-runs|scale)\\.chaos'],
  env: { UPLIFT_LONG_TESTS: '1' },
});
count.conclude();
