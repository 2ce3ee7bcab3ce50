// The suites of bus and relay and the demo against NATS servers that somebody else runs; with `--own` on one that
// is started for it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureInstalled, root, runs } from './ensure-installed.mjs';
import { TestCount } from './jest-suites.mjs';
import { ownNats } from './own-servers.mjs';

const SUITES = {
  projects: ['integration', 'contract'],
  pattern: 'contract/(bus/(bus|bus-cluster)\\.int|relay/relay\\.(int|contract))',
};

await ensureInstalled();
const require = createRequire(import.meta.url);
const tests = require(join(root, 'dist/tools/given-bus/src/bus-tests.js'));
if (process.argv.includes('--help')) {
  console.log(tests.USAGE);
  process.exit(0);
}

const own = process.argv[2] === '--own' ? await ownNats() : undefined;
const options = await begin();
const count = new TestCount();
count.installServers();
let notApplicable = 0;
if (options.parts.includes('suites')) {
  const env = { UPLIFT_TEST_NATS: JSON.stringify(options.bus) };
  count.jest(SUITES, { args: ['--runInBand'], env });
  const report = JSON.parse(readFileSync(join(root, '.uplift/test-report.json'), 'utf8'));
  notApplicable = report.numPendingTests;
}
if (options.parts.includes('demo')) {
  const demo = ['dist/tools/demo/src/main.js', '--nats', 'env:UPLIFT_TEST_NATS'];
  const isGood = runs(process.execPath, demo, { UPLIFT_TEST_NATS: JSON.stringify(options.bus) });
  count.check(isGood, 'the demo failed: see above');
  count.passed += isGood ? 1 : 0;
}
await refusing(() => tests.endBusTests(options));
await own?.stop();
if (notApplicable > 0) {
  console.log(
    `${notApplicable} not applicable: they stop servers or fill their disks, which is done to own ones alone`,
  );
}
count.conclude();

function begin() {
  return refusing(async () => {
    const args = own ? [own.url, ...process.argv.slice(3)] : process.argv.slice(2);
    const options = tests.busTestOptions(args);
    tests.busAnnouncement(options).forEach((line) => console.log(line));
    console.log(`What answers: ${await tests.beginBusTests(options)}`);
    return options;
  });
}

async function refusing(work) {
  try {
    return await work();
  } catch (error) {
    if (error.exitCode === undefined) throw error;
    console.error(`test:nats: ${error.message}`);
    process.exit(error.exitCode);
  }
}
