import { availableParallelism } from 'node:os';
import type { Mutant } from './mutant';
import { Lane, lanesFor } from './lane';
import type { Verdict } from './mutant-run';
import { asked, HELP, WrongCallError } from './options';

async function run(mutants: readonly Mutant[]): Promise<number> {
  const lanes = lanesFor(mutants, availableParallelism()).map(
    (own) => new Lane(own, process.cwd()),
  );
  const close = () => lanes.forEach((lane) => lane.close());
  process.once('exit', close);
  try {
    const faults = (await Promise.all(lanes.map((lane) => lane.faultsOfTests()))).flat();
    faults.forEach((fault) => console.error(fault));
    if (faults.length > 0) return 1;
    console.log(`${mutants.length} mutants; their tests are green without them`);
    const verdicts = await Promise.all(lanes.map((lane) => lane.verdicts(tell)));
    return conclude(verdicts.flat());
  } finally {
    process.off('exit', close);
    close();
  }
}

function conclude(verdicts: readonly Verdict[]): number {
  const count = (kind: Verdict['kind']) => verdicts.filter((each) => each.kind === kind).length;
  const caught = count('caught');
  if (caught < verdicts.length) {
    console.log(`${count('did not apply')} did not apply, ${count('broken')} are broken`);
  }
  console.log(`${caught} caught, ${count('survived')} survived`);
  return caught === verdicts.length ? 0 : 1;
}

function tell(mutant: Mutant, verdict: Verdict): void {
  console.log(lineOf(mutant, verdict));
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
