import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchOptions, USAGE as BENCH } from '../../bench/bench.options';
import { demoOptions, USAGE as DEMO } from '../../tools/demo/src/demo';
import { busTestOptions, USAGE as TEST_NATS } from '../../tools/given-bus/src/bus-tests';
import { storeTestOptions, USAGE as TEST_STORE } from '../../tools/given-store/src/store-tests';
import { asked as mutants, HELP as MUTANTS } from '../../tools/mutants/src/options';
import { asked as accounts, HELP as ACCOUNTS } from '../../tools/nats-accounts/src/options';
import { chosen as packed, USAGE as PACK } from '../../tools/pack/src/options';
import { projectRoot } from '../../tools/stack/src';
import { stackArguments, USAGE as STACK } from '../../tools/stack/src/stack-options';
import { choiceFrom, USAGE as CHAOS } from '../rig/chaos-options';
import { readOptions as soakOptions, USAGE as SOAK } from '../soak/soak.options';

const UNKNOWN = '--no-such-option';

/** Commands that are read in TypeScript, once that is built. */
const READERS: Readonly<Record<string, readonly [(args: string[]) => unknown, string]>> = {
  demo: [demoOptions, DEMO],
  stack: [stackArguments, STACK],
  dev: [stackArguments, STACK],
  bench: [benchOptions, BENCH],
  chaos: [choiceFrom, CHAOS],
  soak: [soakOptions, SOAK],
  mutants: [mutants, MUTANTS],
  'nats:accounts': [accounts, ACCOUNTS],
  pack: [packed, PACK],
  'test:store': [storeTestOptions, TEST_STORE],
  'test:nats': [busTestOptions, TEST_NATS],
};
/** Commands that read their options before anything is installed. */
const SCRIPTS = [
  'test',
  'verify',
  'build',
  'test:long',
  'test:stressed',
  'test:versions',
  'fuzz',
  'contract',
];
/** `uplift` and the simulation have specs of their own; the last takes the path of a file. */
const ELSEWHERE = ['uplift', 'simulate', 'check:engines'];

const { scripts } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const runners = Object.entries(scripts).filter(([, text]) => text.startsWith('node tools/run/'));

describe('the commands of this repository', () => {
  it('are all tried here', () => {
    const tried = [...Object.keys(READERS), ...SCRIPTS, ...ELSEWHERE].sort();
    expect(runners.map(([name]) => name).sort()).toEqual(tried);
  });

  it.each(Object.entries(READERS))(
    'refuse in %s what they do not know, in one line',
    (_, reader) => {
      const [read] = reader;
      expect(() => read([UNKNOWN])).toThrow(/^.*(Usage|no-such-option).*$/);
    },
  );

  it.each(Object.entries(READERS))('say in the help of %s how it is called', (name, [, help]) => {
    expect(help).toContain(`npm run ${name} -- `);
  });

  const run = (name: string, option: string) => {
    const [, script = ''] = (scripts[name] ?? '').split(' ');
    const path = join(projectRoot(), script);
    return spawnSync(process.execPath, [path, option], { encoding: 'utf8' });
  };

  it.each(SCRIPTS)('end with 2 and one line in %s, before anything is installed', (name) => {
    const { status, stdout, stderr } = run(name, UNKNOWN);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^[^\n]*'--no-such-option'[^\n]*\n$/);
  });

  it.each(SCRIPTS)('have a help in %s', (name) => {
    const { status, stdout, stderr } = run(name, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(name === 'test' ? 'npm test' : `npm run ${name}`);
  });
});
