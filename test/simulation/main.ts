import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Coverage } from './coverage';
import type { FaultName } from './faults';
import type { Stage } from './fleet-view';
import { planOf } from './plan';
import type { RunResult } from './run';
import { runPlan } from './run';
import { shrunk, withoutNumbers } from './shrink';
import { storyOf } from './story';

const USAGE = `npm run simulate -- [--seeds <count>] [--from <first seed>] [--workers <processes>]
npm run simulate -- --seed <seed> [--without <n,n,…>]

Runs all of Uplift inside one process, on virtual time, with faults that follow from a seed, and checks every promise
from what a run leaves behind. --seeds (default 500) runs as many seeds from --from (default 1) on and prints how many
it did per second and how often each fault met an upgrade in each stage. --seed tells one run as a story; --without
leaves out some of what the seed plans, as a story says.`;

/** What one worker says of one seed. */
interface Outcome {
  readonly seed: number;
  readonly isSound: boolean;
  readonly steps: number;
  readonly met: readonly (readonly [FaultName, Stage])[];
}

/** Seeds that are told as stories; of more only the numbers. */
const MOST_STORIES = 3;
/** Seeds that one process runs at most: the next ones get a new process, so that what a run leaves does not add up. */
const MOST_SHARED = 500;
/** A run makes much that lives no longer than a step of it. */
const WORKER_OPTIONS = ['--max-semi-space-size=64'];

interface Options {
  readonly seed: number | undefined;
  readonly without: readonly number[];
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsIn(args);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`);
    return 2;
  }
  if (options === null) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  return options.seed === undefined ? many(options) : tellOne(options.seed, options.without);
}

/** Null: help is wanted. A text: what is wrong. */
function optionsIn(args: readonly string[]): Options | null | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        without: { type: 'string' },
        seeds: { type: 'string', default: '500' },
        from: { type: 'string', default: '1' },
        workers: { type: 'string', default: String(availableParallelism()) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return null;
    const { seed, without = '', seeds, from, workers } = values;
    return {
      seed: seed === undefined ? undefined : countIn('--seed', seed),
      without: without === '' ? [] : without.split(',').map((n) => countIn('--without', n)),
      seeds: countIn('--seeds', seeds, 1),
      from: countIn('--from', from),
      workers: countIn('--workers', workers, 1),
    };
  } catch (error) {
    return `simulate: ${(error as Error).message}; see --help`;
  }
}

function countIn(name: string, text: string, least = 0): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${name} takes a whole number of at least ${least}, not "${text}"`);
}

async function tellOne(seed: number, without: readonly number[]): Promise<number> {
  const whole = planOf(seed);
  const plan = withoutNumbers(whole, without);
  const result = await runPlan(plan, { keepsStory: true });
  if (result.findings.length === 0) {
    process.stdout.write(
      `${result.story.join('\n')}\nSeed ${seed} keeps every promise: ${result.checksum}\n`,
    );
    return 0;
  }
  process.stdout.write(`${storyOf(whole, plan, result)}\n`);
  return 1;
}

async function many(options: Options): Promise<number> {
  const { seeds } = options;
  const startedAt = process.hrtime.bigint();
  const outcomes = await sharedOut(options);
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const coverage = new Coverage();
  for (const { met } of outcomes) coverage.add(met);
  const missing = seeds - outcomes.length;
  const broken = outcomes.filter(({ isSound }) => !isSound).map(({ seed }) => seed);
  for (const seed of broken.slice(0, MOST_STORIES)) await tellShrunk(seed);
  const steps = outcomes.reduce((sum, outcome) => sum + outcome.steps, 0);
  const holes = coverage.holes;
  process.stdout.write(`Faults that met an upgrade, by its stage:\n${coverage.table()}\n\n`);
  process.stdout.write(
    `${seeds} seeds in ${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(1)} seeds per second), ${steps} steps, ${coverage.total} times a fault met an upgrade\n`,
  );
  if (missing > 0) process.stdout.write(`${missing} seeds did not come to an end\n`);
  if (holes.length > 0) process.stdout.write(`Never met: ${holes.join(', ')}\n`);
  if (broken.length > 0) process.stdout.write(`Seeds that break a promise: ${broken.join(', ')}\n`);
  process.stdout.write(
    `${outcomes.length - broken.length} seeds kept every promise, ${broken.length} did not\n`,
  );
  return broken.length + holes.length + missing === 0 ? 0 : 1;
}

async function tellShrunk(seed: number): Promise<void> {
  const whole = planOf(seed);
  const plan = await shrunk(whole, await runPlan(whole));
  const result = await runPlan(plan, { keepsStory: true });
  process.stdout.write(`${storyOf(whole, plan, result)}\n\n`);
}

async function sharedOut({ seeds, from, workers }: Options): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const share = Math.min(MOST_SHARED, Math.ceil(seeds / workers));
  const shares = Math.ceil(seeds / share);
  let taken = 0;
  const takeShares = async () => {
    while (taken < shares) {
      const first = from + taken * share;
      taken += 1;
      await runShare(first, Math.min(first + share, from + seeds), (outcome) => {
        outcomes.push(outcome);
        if (!outcome.isSound) tellProgress(`seed ${outcome.seed} breaks a promise`);
      });
      if (outcomes.length < seeds) tellProgress(`${outcomes.length} of ${seeds} seeds`);
    }
  };
  await Promise.all(Array.from({ length: workers }, takeShares));
  return outcomes.sort((one, other) => one.seed - other.seed);
}

async function runShare(from: number, end: number, onOutcome: (outcome: Outcome) => void) {
  const execArgv = [...process.execArgv, ...WORKER_OPTIONS];
  const child = fork(__filename, ['worker', from, end].map(String), { execArgv });
  child.on('message', (outcome) => onOutcome(outcome as Outcome));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`A worker of the simulation ended with ${code}`);
}

function tellProgress(words: string): void {
  process.stderr.write(`${words}\n`);
}

/** Nobody reads a stack of a run that is not told. */
async function work([from, end]: readonly number[]): Promise<void> {
  Error.stackTraceLimit = 0;
  for (let seed = from!; seed < end!; seed += 1) {
    const { findings, met, steps }: RunResult = await runPlan(planOf(seed));
    const outcome: Outcome = { seed, isSound: findings.length === 0, steps, met };
    await new Promise((sent) => process.send?.(outcome, sent));
  }
  process.disconnect();
}

const [first, ...rest] = process.argv.slice(2);
if (first === 'worker') void work(rest.map(Number));
else void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
