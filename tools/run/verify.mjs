// Every check that needs no test, the slowest beside all others. Prints what each one says when it has ended.
import { spawn } from 'node:child_process';
import { ensureCurrent, root } from './ensure-installed.mjs';
import { takesNoOptions } from './no-options.mjs';

const SIDE_BY_SIDE = [
  ['lint'],
  ['format:check', 'check:types', 'lint:deps', 'check:engines', 'check:generated'],
];

takesNoOptions(
  'npm run verify',
  'Runs every check that needs no test: format, lint, dependency rules, types, engines, generated pages.',
);
await ensureCurrent();
const failed = (await Promise.all(SIDE_BY_SIDE.map(checkAll))).flat();
if (failed.length > 0) {
  console.error(`verify: ${failed.join(', ')} failed, see above`);
  process.exit(1);
}

async function checkAll(names) {
  const failed = [];
  for (const name of names) if (!(await isGood(name))) failed.push(name);
  return failed;
}

function isGood(name) {
  return new Promise((resolve) => {
    const check = spawn('npm', ['run', '--silent', name], { cwd: root });
    const output = [];
    for (const stream of [check.stdout, check.stderr]) stream.on('data', (it) => output.push(it));
    check.on('close', (code) => {
      process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}
