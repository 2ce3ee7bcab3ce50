// The suites whose size is a setting, at their full size. See CONTRIBUTING.md, "Tests".
import { ensureInstalled, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';

ensureInstalled();
const count = new TestCount();
count.installServers();
const sized = {
  projects: ['integration', 'chaos'],
  pattern:
    '(crash-runs|event-store|lagoon|scale|servers|services)\\.chaos|queued-fleet|esdb\\.event-store',
};
count.jest(sized, { args: ['--runInBand'], env: { UPLIFT_LONG_TESTS: '1' } });
// What an operator runs on servers of his own, on ours.
for (const [script, ...args] of [
  ['test-store.mjs', '--embedded', '23.10'],
  ['test-nats.mjs', '--own'],
]) {
  const isGood = runs(process.execPath, [`tools/run/${script}`, ...args]);
  count.check(isGood, `${script} ${args.join(' ')} failed: see above`);
}
count.conclude();
