// The suites of the store, the contract suites and the demo against an event store that somebody else runs; with
// `--embedded 23.10` or `24.10` on the embedded one, as those were seen to be.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureInstalled, root, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';
import { ownStore } from './own-servers.mjs';

const SUITES = {
  store: { projects: ['integration'], pattern: 'contract/event-store/esdb\\.event-store\\.int' },
  contract: {
    projects: ['contract'],
    pattern:
      'contract/(command-api/.*|stage-workers/.*|projector/projector-process|relay/relay)\\.contract',
  },
};

await ensureInstalled();
const require = createRequire(import.meta.url);
const tests = require(join(root, 'dist/tools/given-store/src/store-tests.js'));
if (process.argv.includes('--help')) {
  console.log(tests.USAGE);
  process.exit(0);
}

let options;
try {
  const [first, ...more] = process.argv.slice(2);
  const isOwn = first === '--embedded';
  const args = isOwn ? [await ownStore(more.shift()), ...more] : process.argv.slice(2);
  options = tests.storeTestOptions(args);
  tests.announcement(options).forEach((line) => console.log(line));
  console.log(`Its version: ${await tests.prepareStoreTests(options)}`);
} catch (error) {
  if (error.exitCode === undefined) throw error;
  console.error(`test:store: ${error.message}`);
  process.exit(error.exitCode);
}

// A line that a test has cut is no news.
const env = { UPLIFT_TEST_STORE_URL: options.store, GRPC_VERBOSITY: 'NONE' };
const count = new TestCount();
count.installServers();
let notApplicable = 0;
for (const part of options.parts.filter((part) => part in SUITES)) {
  count.jest(SUITES[part], { args: ['--runInBand'], env });
  const report = JSON.parse(readFileSync(join(root, '.uplift/test-report.json'), 'utf8'));
  notApplicable += report.numPendingTests;
}
if (options.parts.includes('demo')) {
  const demo = ['dist/tools/demo/src/main.js', '--store', 'env:UPLIFT_TEST_STORE_URL'];
  const isGood = runs(process.execPath, demo, env);
  count.check(isGood, 'the demo failed: see above');
  count.passed += isGood ? 1 : 0;
}
if (notApplicable > 0) {
  console.log(
    `${notApplicable} not applicable: they restart, slow down or fill the server, which can be asked of the embedded one alone`,
  );
}
count.conclude();
