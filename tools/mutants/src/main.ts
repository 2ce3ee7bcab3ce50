import type { Mutant } from './mutant';
import type { MutantRunParts, Verdict } from './mutant-run';
import { notGreen, verdictOn } from './mutant-run';
import { NamedTests } from './named-tests';
import { asked, HELP, WrongCallError } from './options';
import { TypeCheck } from './type-check';
import { WorkCopy } from './work-copy';

async function run(mutants: readonly Mutant[]): Promise<number> {
  const root = process.cwd();
  const copy = new WorkCopy(root);
  const parts = { root, copy, tests: new NamedTests(copy.folder), types: new TypeCheck(root) };
  try {
    const faults = notGreen(mutants, await parts.tests.run(mutants.map(({ test }) => test)));
    faults.forEach((fault) => console.error(fault));
    if (faults.length > 0) return 1;
    console.log(`${mutants.length} mutants; their tests are green without them`);
    return await runEach(mutants, parts);
  } finally {
    copy.remove();
  }
}

async function runEach(mutants: readonly Mutant[], parts: MutantRunParts): Promise<number> {
  const counts: Record<Verdict['kind'], number> = {
    ...{ caught: 0, survived: 0, 'did not apply': 0, broken: 0 },
  };
  for (const mutant of mutants) {
    const verdict = await verdictOn(mutant, parts);
    counts[verdict.kind] += 1;
    console.log(lineOf(mutant, verdict));
  }
  const { caught, survived, broken } = counts;
  if (caught < mutants.length) {
    console.log(`${counts['did not apply']} did not apply, ${broken} broke the build or timed out`);
  }
  console.log(`${caught} caught, ${survived} survived`);
  return caught === mutants.length ? 0 : 1;
}

function lineOf({ id, breaks, test }: Mutant, verdict: Verdict): string {
  const more =
    verdict.kind === 'caught' ? `${breaks.join(', ')}: ${test.name}` : whyOf(verdict, test);
  return `${verdict.kind.padEnd(13)} ${id.padEnd(40)} ${more}`;
}

function whyOf(verdict: Verdict, { spec, name }: Mutant['test']): string {
  return 'why' in verdict ? verdict.why : `"${name}" in ${spec} passes all the same`;
}

function list(mutants: readonly Mutant[]): void {
  for (const { id, breaks, what } of mutants) console.log(`${id} (${breaks.join(', ')}): ${what}`);
}

async function main(): Promise<number> {
  const { action, mutants } = asked(process.argv.slice(2));
  if (action === 'run') return run(mutants);
  if (action === 'list') list(mutants);
  else console.log(HELP);
  return 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    if (!(error instanceof WrongCallError)) throw error;
    console.error(`npm run mutants: ${error.message}`);
    process.exitCode = 2;
  },
);
