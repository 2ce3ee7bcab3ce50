import type { Plan, Planned } from './plan';
import type { RunResult } from './run';
import { runPlan } from './run';

/** Runs at most so often to make a plan smaller. */
const MOST_RUNS = 80;

/**
 * Takes away whatever is not needed for a breach of the same promise: each thing that is planned, alone, again and
 * again until everything that is left is needed.
 */
export async function shrunk(plan: Plan, { findings }: RunResult): Promise<Plan> {
  const promises = new Set(findings.map(({ promise }) => promise));
  const budget = { runs: MOST_RUNS };
  let smallest = plan;
  for (;;) {
    const smaller = await smallerBy(smallest, promises, budget);
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

/** The plan without the first thing that is not needed; undefined if everything is. */
async function smallerBy(
  plan: Plan,
  promises: ReadonlySet<string>,
  budget: { runs: number },
): Promise<Plan | undefined> {
  for (const each of plan.planned) {
    budget.runs -= 1;
    if (budget.runs < 0) return undefined;
    const smaller = without(plan, each);
    if (await breaksOneOf(promises, smaller)) return smaller;
  }
  return undefined;
}

/** Which of the things that the seed plans are left out. */
export function leftOut(whole: Plan, { planned }: Plan): readonly number[] {
  const kept = new Set(planned);
  return whole.planned.flatMap((each, n) => (kept.has(each) ? [] : [n]));
}

/** The plan of a seed without some of what it plans, by number. */
export function withoutNumbers(plan: Plan, numbers: readonly number[]): Plan {
  return { ...plan, planned: plan.planned.filter((_, n) => !numbers.includes(n)) };
}

function without(plan: Plan, one: Planned): Plan {
  return { ...plan, planned: plan.planned.filter((each) => each !== one) };
}

async function breaksOneOf(promises: ReadonlySet<string>, plan: Plan): Promise<boolean> {
  const { findings } = await runPlan(plan);
  return findings.some(({ promise }) => promises.has(promise));
}
