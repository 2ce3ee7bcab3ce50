import type { Mutant } from './mutant';
import { EditDoesNotApplyError, mutated } from './mutant';
import type { NamedTests, TestResult, TestRun } from './named-tests';
import { resultsOf } from './named-tests';
import type { TypeCheck } from './type-check';
import type { WorkCopy } from './work-copy';

/**
 * `caught`: the named test fails on what it expects. `survived`: it passes. `broken`: the mutant does not compile, does
 * not load, or the test does not end, so nothing is proved.
 */
export type Verdict =
  | { readonly kind: 'caught' | 'survived' }
  | { readonly kind: 'did not apply' | 'broken'; readonly why: string };

export interface MutantRunParts {
  readonly copy: WorkCopy;
  readonly tests: NamedTests;
  readonly types: TypeCheck;
}

const HUNG = 'Exceeded timeout';

/** Breaks one rule, and sees whether the named test says so. */
export async function verdictOn(
  mutant: Mutant,
  { copy, tests, types }: MutantRunParts,
): Promise<Verdict> {
  try {
    const fault = types.faultOf(mutant.file, mutated(mutant, copy.read(mutant.file)));
    if (fault !== undefined) return { kind: 'broken', why: `it does not compile: ${fault}` };
    const run = await copy.with(mutant, () => tests.run([mutant.test]));
    return verdictOf(mutant, run);
  } catch (error) {
    if (!(error instanceof EditDoesNotApplyError)) throw error;
    return { kind: 'did not apply', why: error.message };
  }
}

export function verdictOf({ test }: Mutant, run: TestRun): Verdict {
  if (run.kind === 'broken') return run;
  const results = resultsOf(test, run.results);
  if (results.length === 0) return { kind: 'broken', why: 'the named test did not run' };
  const failed = results.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return { kind: 'survived' };
  if (failed.every(isHung)) return { kind: 'broken', why: 'the named test did not come to an end' };
  return { kind: 'caught' };
}

function isHung({ failures }: TestResult): boolean {
  return failures.every((message) => message.includes(HUNG));
}

/** The named tests that are not green although nothing is broken, in words. */
export function notGreen(mutants: readonly Mutant[], run: TestRun): readonly string[] {
  if (run.kind === 'broken') return [run.why];
  return mutants
    .filter(({ test }) => {
      const results = resultsOf(test, run.results);
      return results.length === 0 || results.some(({ status }) => status === 'failed');
    })
    .map(({ id, test }) => `${id}: "${test.name}" in ${test.spec} is not green by itself`);
}
