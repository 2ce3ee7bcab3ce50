import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ChaosResult } from './chaos-run';
import { makeRunFolder, runChaos } from './chaos-run';
import { notMetBy } from './fault-needs';
import type { FaultKind, PlannedFault } from './fault-plan';
import { FAULT_KINDS, neededBy, planFaults } from './fault-plan';
import { countsOf, findingsIn, timelineOf, totalsOf } from './report';

const USAGE = `npm run chaos -- [options]

Uplift as real processes on a bus of three nodes, under a steady load, with faults by a plan that follows from the
seed; then everything that is left is held against the promises. Ends with code 1 when one is broken, or when a fault
met no upgrade in flight.

  --minutes <n>   how long load and faults last (10)
  --seed <n>      decides the plan of faults (1)
  --rate <n>      upgrades asked for in a second (3)
  --clients <n>   clients that ask (8)
  --only <kinds>  only these kinds of faults, separated by commas
  --keep          keep files and logs of a run that is sound, too
  --plan          print the plan and end
  --help          print this`;

interface Choice {
  readonly minutes: number;
  readonly seed: number;
  readonly rate: number;
  readonly clients: number;
  readonly only: readonly FaultKind[];
  readonly keep: boolean;
  readonly plan: boolean;
}

class UsageError extends Error {}

function choiceFrom(args: readonly string[]): Choice | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    ...{ minutes: { ...text, default: '10' }, seed: { ...text, default: '1' } },
    ...{ rate: { ...text, default: '3' }, clients: { ...text, default: '8' } },
    ...{ only: text, keep: flag, plan: flag, help: flag },
  };
  const { values } = parse(() => parseArgs({ args: [...args], options }));
  if (values.help) return null;
  const { keep, plan } = values;
  return {
    ...{ minutes: positive('minutes', values.minutes), seed: whole('seed', values.seed) },
    ...{ rate: positive('rate', values.rate), clients: whole('clients', values.clients) },
    ...{ only: kindsIn(values.only), keep, plan },
  };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new UsageError(`--${name} must be a number above 0, not ${text}`);
}

function whole(name: string, text: string): number {
  const number = positive(name, text);
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${name} must be a whole number, not ${text}`);
}

function kindsIn(list = FAULT_KINDS.join(',')): FaultKind[] {
  return list.split(',').map((name) => {
    const kind = FAULT_KINDS.find((each) => each === name);
    if (kind) return kind;
    throw new UsageError(`--only knows no ${name}; there are ${FAULT_KINDS.join(', ')}`);
  });
}

async function run(choice: Choice): Promise<number> {
  const { minutes, seed, rate, clients, only } = choice;
  const left = await notMetBy(only);
  for (const [kind, reason] of left) console.log(`not met: ${kind}, because ${reason}`);
  const forMs = minutes * 60_000;
  const kinds = only.filter((kind) => !left.has(kind));
  const plan = planFaults({ seed, forMs, kinds });
  if (choice.plan) return show(plan);
  const dir = await makeRunFolder();
  console.log(`seed ${seed}, ${plan.length} faults in ${minutes} minutes; files and logs: ${dir}`);
  const hasSmallDisks = kinds.some((kind) => neededBy(kind) === 'root');
  const load = { seed, clients, perSecond: rate };
  const result = await runChaos({ dir, forMs, plan, hasSmallDisks, ...load, say: console.log });
  console.log(`\n${timelineOf(result)}\n\n${countsOf(result)}\n\n${totalsOf(result)}`);
  if (result.findings.length > 0) return fail(result, { dir, seed });
  if (!choice.keep) await rm(dir, { recursive: true });
  return 0;
}

function show(plan: readonly PlannedFault[]): number {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  for (const { kind, target, atMs, lastsMs } of plan) {
    console.log(`${seconds(atMs)} ${kind} ${target}, for ${seconds(lastsMs)}`);
  }
  return 0;
}

async function fail(
  { findings, faults, history: { store, client } }: ChaosResult,
  { dir, seed }: { readonly dir: string; readonly seed: number },
): Promise<number> {
  const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const run = { findings, faults, client, store };
  await writeFile(join(dir, 'run.json'), JSON.stringify(run, asText, 1));
  console.log(`\n${findingsIn(findings)}\n\nFAILED: seed ${seed}; files and logs: ${dir}`);
  return 1;
}

async function main(): Promise<number> {
  try {
    const choice = choiceFrom(process.argv.slice(2));
    if (choice !== null) return await run(choice);
    console.log(USAGE);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

void main().then((code) => process.exit(code));
