import type { Mutant } from './mutant';
import type { Verdict } from './mutant-run';
import { notGreen, verdictOn } from './mutant-run';
import { NamedTests } from './named-tests';
import { TypeCheck } from './type-check';
import { WorkCopy } from './work-copy';

/** Mutants that are tried one after the other, in a copy of their own, beside other lanes. */
export class Lane {
  readonly copy: WorkCopy;
  readonly tests: NamedTests;
  readonly types: TypeCheck;

  constructor(
    private readonly mutants: readonly Mutant[],
    root: string,
  ) {
    this.copy = new WorkCopy(root);
    this.tests = new NamedTests(this.copy.folder);
    this.types = new TypeCheck(this.copy.folder);
  }

  /** Which of the named tests are not green while nothing is broken, in words. */
  async faultsOfTests(): Promise<readonly string[]> {
    return notGreen(this.mutants, await this.tests.run(this.mutants.map(({ test }) => test)));
  }

  async verdicts(tell: (mutant: Mutant, verdict: Verdict) => void): Promise<readonly Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const mutant of this.mutants) {
      const verdict = await verdictOn(mutant, this);
      tell(mutant, verdict);
      verdicts.push(verdict);
    }
    return verdicts;
  }

  close(): void {
    this.tests.stop();
    this.copy.remove();
  }
}

/** As many lanes as there are cores to use. Those of one spec stay together: it is read and transformed once. */
export function lanesFor(mutants: readonly Mutant[], most: number): readonly Mutant[][] {
  const specs = [...new Set(mutants.map(({ test }) => test.spec))];
  const groups = specs.map((spec) => mutants.filter(({ test }) => test.spec === spec));
  const lanes: Mutant[][] = Array.from({ length: Math.min(most, specs.length) }, () => []);
  for (const group of groups.sort((one, other) => other.length - one.length)) {
    lanes.sort((one, other) => one.length - other.length)[0]?.push(...group);
  }
  return lanes;
}
