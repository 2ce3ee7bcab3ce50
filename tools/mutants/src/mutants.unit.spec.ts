import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lanesFor } from './lane';
import type { Mutant } from './mutant';
import { EditDoesNotApplyError, mutated } from './mutant';
import { notGreen, verdictOf } from './mutant-run';
import { MUTANTS } from './mutants';
import type { TestResult } from './named-tests';
import { asked, WrongCallError } from './options';
import type { PromiseId } from './promises';
import { NOT_BROKEN, PROMISES } from './promises';

const ROOT = join(__dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** The spec, and the suites that it runs. */
function sourcesOf(spec: string): string {
  const text = read(spec);
  const suites = [...text.matchAll(/from '(\.[^']*\.suite)'/g)].map(([, path = '']) =>
    sourcesOf(join(dirname(spec), `${path}.ts`)),
  );
  return [text, ...suites].join('\n');
}

const EXAMPLE: Mutant = {
  id: 'example',
  breaks: ['I-01'],
  what: 'something is wrong',
  file: 'a.ts',
  search: 'is right',
  replacement: 'is wrong',
  test: { spec: 'a.unit.spec.ts', name: 'is right' },
};

function faultOf(mutant: Mutant): readonly string[] {
  const text = read(mutant.file);
  try {
    return mutated(mutant, text) === text ? [`${mutant.id}: it changes nothing`] : [];
  } catch (error) {
    return [String(error)];
  }
}

describe('the table of mutants', () => {
  it('names each once', () => {
    const ids = MUTANTS.map(({ id }) => id);
    expect(ids.filter((id, n) => ids.indexOf(id) !== n)).toEqual([]);
    expect(ids.length).toBeGreaterThanOrEqual(55);
  });

  it('has an edit each that applies exactly once and changes something', () => {
    expect(MUTANTS.flatMap(faultOf)).toEqual([]);
  });

  it('breaks no test, and nothing that is for tests alone', () => {
    const ofTests = /\.spec\.|\.suite\.|\/testing\/|^test\/|^bench\//;
    expect(MUTANTS.filter(({ file }) => ofTests.test(file))).toEqual([]);
  });

  it('names tests that exist', () => {
    const missing = MUTANTS.filter(
      ({ test: { spec, name } }) =>
        !existsSync(join(ROOT, spec)) || !sourcesOf(spec).includes(name),
    );
    expect(missing.map(({ id }) => id)).toEqual([]);
  });

  it('has a mutant for every promise, or says why not', () => {
    const broken = new Set(MUTANTS.flatMap(({ breaks }) => breaks));
    const ids = Object.keys(PROMISES) as PromiseId[];
    expect(ids.filter((id) => !broken.has(id) && NOT_BROKEN[id] === undefined)).toEqual([]);
    expect(ids.filter((id) => broken.has(id) && NOT_BROKEN[id] !== undefined)).toEqual([]);
  });
});

describe('an edit', () => {
  it('takes the place of what it searches, as it is', () => {
    const mutant = { ...EXAMPLE, replacement: "$& $1 $$ `'" };
    expect(mutated(mutant, 'all is right here')).toBe("all $& $1 $$ `' here");
  });

  it.each(['nothing', 'is right and is right'])('is refused in: %s', (text) => {
    expect(() => mutated(EXAMPLE, text)).toThrow(EditDoesNotApplyError);
    expect(() => mutated(EXAMPLE, text)).toThrow(
      /^example: its search text stands [02] times in a/,
    );
  });
});

describe('the lanes', () => {
  it.each([1, 2, 5])('hold each mutant once, those of one spec together: %d of them', (most) => {
    const lanes = lanesFor(MUTANTS, most);
    expect(
      lanes
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(MUTANTS.map(({ id }) => id).sort());
    const specs = lanes.flatMap((lane) => [...new Set(lane.map(({ test }) => test.spec))]);
    expect(new Set(specs).size).toBe(specs.length);
    const sizes = lanes.map(({ length }) => length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(MUTANTS.length / 4);
  });

  it('are no more than there are specs', () => {
    expect(lanesFor([EXAMPLE], 8)).toEqual([[EXAMPLE]]);
  });
});

describe('the verdict on a mutant', () => {
  const result = (status: string, failures: string[] = []): TestResult => ({
    ...{ spec: 'a.unit.spec.ts', title: 'a thing is right', status, failures },
  });
  const verdict = (...results: TestResult[]) => verdictOf(EXAMPLE, { kind: 'run', results }).kind;

  it('is caught by the named test alone', () => {
    expect(verdict(result('failed', ['Expected: 1']))).toBe('caught');
    expect(verdict(result('passed'), result('failed', ['Expected: 1']))).toBe('caught');
    expect(verdict({ ...result('failed', ['x']), title: 'another' })).toBe('broken');
    expect(verdict({ ...result('failed', ['x']), spec: 'b.unit.spec.ts' })).toBe('broken');
  });

  it('is survived where the named test passes', () => {
    expect(verdict(result('passed'), result('pending'))).toBe('survived');
  });

  it('is broken where the test hangs, did not run, or does not load', () => {
    expect(verdict(result('failed', ['Exceeded timeout of 30000 ms']))).toBe('broken');
    expect(verdict(result('pending'))).toBe('broken');
    expect(verdictOf(EXAMPLE, { kind: 'broken', why: 'the spec does not load' })).toEqual({
      ...{ kind: 'broken', why: 'the spec does not load' },
    });
  });

  it('is none where the test is not green by itself', () => {
    const told = (...results: TestResult[]) => notGreen([EXAMPLE], { kind: 'run', results }).length;
    expect(told(result('passed'))).toBe(0);
    expect(told(result('passed'), result('failed', ['x']))).toBe(1);
    expect(told()).toBe(1);
  });
});

describe('the command', () => {
  it('runs all mutants, or those that are named', () => {
    expect(asked([])).toEqual({ action: 'run', mutants: MUTANTS });
    const ids = ['third-call', 'lease-ignored'];
    const { mutants } = asked(ids.flatMap((id) => ['--only', id]));
    expect(mutants.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect([asked(['--list']).action, asked(['--help']).action]).toEqual(['list', 'help']);
  });

  it.each([['--onyl', 'third-call'], ['third-call'], ['--only'], ['--only', 'no-such-mutant']])(
    'refuses %s %s in one line',
    (...args) => {
      expect(() => asked(args)).toThrow(WrongCallError);
      expect(() => asked(args)).toThrow(/^[^\n]+$/);
    },
  );
});
