import { appendFileSync } from 'node:fs';
import fc from 'fast-check';

/** What `npm run fuzz` sets; without it each edge has its own number of runs and a fixed seed. */
const SETTINGS = {
  runs: wholeNumber('UPLIFT_FUZZ_RUNS'),
  seed: wholeNumber('UPLIFT_FUZZ_SEED') ?? 1,
  path: process.env.UPLIFT_FUZZ_PATH,
  only: process.env.UPLIFT_FUZZ_EDGE,
  report: process.env.UPLIFT_FUZZ_REPORT,
};
const LONGEST_RUN_MS = 24 * 60 * 60_000;

if (SETTINGS.runs !== undefined) jest.setTimeout(LONGEST_RUN_MS);

export interface Edge {
  /** As `npm run fuzz -- --edge` takes it. */
  readonly edge: string;
  /** Inputs of `npm test`. */
  readonly runs: number;
}

/** How many inputs were tried. Throws with seed, smallest input and the command that repeats it when the property does not hold. */
export async function fuzz<Inputs>(
  { edge, runs }: Edge,
  property: fc.IAsyncProperty<Inputs> | fc.IProperty<Inputs>,
): Promise<number> {
  const { seed, path, only } = SETTINGS;
  if (only !== undefined && !`${edge}/`.startsWith(`${only}/`)) return 0;
  const startedAt = performance.now();
  const details = await fc.check(property as fc.IAsyncProperty<Inputs>, {
    seed,
    numRuns: SETTINGS.runs ?? runs,
    ...(path === undefined ? {} : { path }),
  });
  report({ edge, runs: details.numRuns, ms: performance.now() - startedAt });
  if (details.failed) throw new Error(storyOf(edge, details), { cause: details.errorInstance });
  return details.numRuns;
}

function storyOf<Inputs>(edge: string, details: fc.RunDetails<Inputs>): string {
  const { seed, counterexamplePath, counterexample, numShrinks, numRuns } = details;
  const path = counterexamplePath === null ? '' : ` --path ${counterexamplePath}`;
  return [
    `${edge} fails at input ${numRuns}, after ${numShrinks} steps of shrinking`,
    `  input: ${fc.stringify(counterexample)}`,
    `  seed:  ${seed}`,
    `  again: npm run fuzz -- --edge ${edge} --seed ${seed}${path}`,
    String(details.errorInstance instanceof Error ? details.errorInstance.stack : ''),
  ].join('\n');
}

function report(line: object): void {
  if (SETTINGS.report !== undefined) appendFileSync(SETTINGS.report, `${JSON.stringify(line)}\n`);
}

function wholeNumber(name: string): number | undefined {
  const text = process.env[name];
  return text === undefined || text === '' ? undefined : Number(text);
}
