import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

type RunName = 'test' | 'newestNode' | 'oldNats' | 'stacks';
type Runs = Readonly<Record<RunName, { readonly pattern: string }>>;

const root = projectRoot();

function output(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8' });
}

describe('the runs of the suites', () => {
  const suites = join(root, 'tools/run/suites.mjs');
  const print = `import { RUNS } from ${JSON.stringify(suites)}; console.log(JSON.stringify(RUNS))`;
  const runs = JSON.parse(output('node', '--input-type=module', '-e', print)) as Runs;
  const specs = output('git', 'ls-files', '--', '*.spec.ts').trim().split('\n');
  const chosen = (name: RunName) =>
    specs.filter((path) => new RegExp(runs[name].pattern, 'i').test(join(root, path)));

  it('leave no suite out', () => {
    const run = new Set([...chosen('test'), ...chosen('oldNats'), ...chosen('stacks')]);
    expect(specs.filter((path) => !run.has(path))).toEqual([]);
  });

  it('run each suite of whole stacks once', () => {
    const all = [...chosen('test'), ...chosen('oldNats'), ...chosen('stacks')];
    const stacks = all.filter((path) => /\.(e2e|chaos)\.spec\.ts$/.test(path));
    expect(stacks).toEqual([...new Set(stacks)]);
  });

  it('have something to run each', () => {
    expect(chosen('newestNode').length).toBeGreaterThan(0);
    expect(chosen('oldNats').length).toBeGreaterThan(0);
    expect(chosen('stacks').length).toBeGreaterThan(0);
  });

  it('keep to what `npm test` promises: the demo, a path through the public interfaces, faults', () => {
    const stacks = chosen('test').filter((path) => /\.(e2e|chaos)\.spec\.ts$/.test(path));
    expect(stacks).toEqual(expect.arrayContaining(['test/e2e/demo.e2e.spec.ts']));
  });
});
