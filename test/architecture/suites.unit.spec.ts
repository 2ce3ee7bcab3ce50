import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

const RUN_NAMES = ['test', 'newestNode', 'oldNats', 'stacks'] as const;
type RunName = (typeof RUN_NAMES)[number];
type Runs = Readonly<Record<RunName, { readonly pattern: string }>>;

const root = projectRoot();

function specsIn(folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.spec.ts')).map((file) => join(folder, file));
}

describe('the runs of the suites', () => {
  const suites = join(root, 'tools/run/suites.mjs');
  const print = `import { RUNS } from ${JSON.stringify(suites)}; console.log(JSON.stringify(RUNS))`;
  const json = execFileSync(process.execPath, ['--input-type=module', '-e', print]);
  const runs = JSON.parse(json.toString()) as Runs;
  const specs = ['apps', 'libs', 'tools', 'test'].flatMap(specsIn);
  const chosen = (name: RunName) =>
    specs.filter((path) => new RegExp(runs[name].pattern, 'i').test(join(root, path)));

  it('leave no suite out', () => {
    const run = new Set(RUN_NAMES.flatMap(chosen));
    expect(specs.filter((path) => !run.has(path))).toEqual([]);
  });

  it('run each suite of whole stacks once on the pinned servers', () => {
    const all = [...chosen('test'), ...chosen('stacks')];
    const stacks = all.filter((path) => /\.(e2e|chaos)\.spec\.ts$/.test(path));
    const written = specs.filter((path) => /\.(e2e|chaos)\.spec\.ts$/.test(path));
    expect(stacks.sort()).toEqual(written.sort());
  });

  it('have something to run each', () => {
    expect(RUN_NAMES.filter((name) => chosen(name).length === 0)).toEqual([]);
  });

  it('keep the demo, a path through the public interfaces and a minute of faults in `npm test`', () => {
    const stacks = chosen('test').filter((path) => /\.(e2e|chaos)\.spec\.ts$/.test(path));
    expect(stacks.sort()).toEqual([
      'test/chaos/rig.chaos.spec.ts',
      'test/e2e/demo.e2e.spec.ts',
      'test/e2e/interfaces.e2e.spec.ts',
    ]);
  });
});
