// The suites whose size is a setting, at their full size. See CONTRIBUTING.md, "Tests".
import { ensureInstalled, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';

ensureInstalled();
const count = new TestCount();
const installs = runs('node', ['dist/tools/stack/src/main.js', '--install-only']);
count.check(installs, 'the servers could not be installed: see above');
count.jest(['chaos'], {
  args: ['--runInBand', '--testPathPatterns', '(crash-runs|scale)\\.chaos'],
  env: { UPLIFT_LONG_TESTS: '1' },
});
count.conclude();
