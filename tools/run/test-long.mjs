// The suites whose size is a setting, at their full size. See CONTRIBUTING.md, "Tests".
import { randomInt } from 'node:crypto';
import { ensureInstalled, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';
import { takesNoOptions } from './no-options.mjs';

/** Runs of what chance draws, each with another seed. */
const DRAWS = 20;

takesNoOptions(
  'npm run test:long',
  'Runs the suites whose size is a setting at their full size: see CONTRIBUTING.md, "Tests".',
);
await ensureInstalled();
const count = new TestCount();
count.installServers();
const sized = {
  projects: ['integration', 'chaos'],
  pattern:
    '(crash-runs|event-store|lagoon|scale|servers|services)\\.chaos|queued-fleet|esdb\\.event-store',
};
count.jest(sized, { args: ['--runInBand'], env: { UPLIFT_LONG_TESTS: '1' } });
const operations = { projects: ['unit'], pattern: 'test/fuzz/published-operations' };
count.jest(operations, { env: { UPLIFT_FUZZ_RUNS: '200' } });
const drawn = {
  projects: ['unit'],
  pattern:
    '(properties|allowed-commands|checkpointed-folds|deep-equal|event-id|event-schemas|event\\.codec|hash-chain|import-lines|read-dto)\\.unit|test/fuzz/',
};
for (let draw = 1; draw <= DRAWS; draw += 1) {
  const seed = String(randomInt(2 ** 31));
  console.log(`\nDraw ${draw} of ${DRAWS}: UPLIFT_DRAW_SEED=${seed} UPLIFT_FUZZ_SEED=${seed}`);
  count.jest(drawn, { env: { UPLIFT_DRAW_SEED: seed, UPLIFT_FUZZ_SEED: seed } });
}
// What an operator runs on servers of his own, on ours.
for (const [script, ...args] of [
  ['test-store.mjs', '--embedded', '23.10'],
  ['test-nats.mjs', '--own'],
]) {
  const isGood = runs(process.execPath, [`tools/run/${script}`, ...args]);
  count.check(isGood, `${script} ${args.join(' ')} failed: see above`);
}
count.conclude();
