// Every suite once while every core has something else to do as well. See CONTRIBUTING.md, "Tests".
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { ensureInstalled } from './ensure-installed.mjs';
import { TestCount, TWO_AT_A_TIME } from './jest-suites.mjs';
import { takesNoOptions } from './no-options.mjs';
import { RUNS } from './suites.mjs';

// It ends with this process, however that ends.
const BURN = 'const parent = process.ppid; while (process.ppid === parent);';

takesNoOptions(
  'npm run test:stressed',
  'Runs every suite once while every core has something else to do as well.',
);
await ensureInstalled();
const count = new TestCount();
count.installServers();
const burners = Array.from({ length: availableParallelism() }, () =>
  spawn(process.execPath, ['-e', BURN], { stdio: 'ignore' }),
);
try {
  count.jest(RUNS.test);
  count.jest(RUNS.stacks, TWO_AT_A_TIME);
} finally {
  for (const burner of burners) burner.kill();
}
count.conclude();
