import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { choiceFrom, USAGE, UsageError } from './chaos-options';
import type { Choice } from './chaos-options';
import type { ChaosResult } from './chaos-run';
import { makeRunFolder, runChaos } from './chaos-run';
import { notMetBy } from './fault-needs';
import type { PlannedFault } from './fault-plan';
import { neededBy, planFaults } from './fault-plan';
import { countsOf, findingsIn, timelineOf, totalsOf } from './report';

const PACE = 1;

async function run(choice: Choice): Promise<number> {
  const { minutes, seed, rate, clients, only } = choice;
  const left = await notMetBy(only);
  for (const [kind, reason] of left) console.log(`not met: ${kind}, because ${reason}`);
  const forMs = minutes * 60_000;
  const planned = planFaults({ seed, forMs, kinds: only, pace: PACE });
  const plan = planned.filter(({ kind }) => !left.has(kind));
  if (choice.plan) return show(plan);
  const dir = await makeRunFolder();
  console.log(`seed ${seed}, ${plan.length} faults in ${minutes} minutes; files and logs: ${dir}`);
  const hasSmallDisks = plan.some(({ kind }) => neededBy(kind) === 'root');
  const load = { seed, clients, perSecond: rate };
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { signal } = stop;
  const rig = { dir, hasSmallDisks, pace: PACE, say: console.log, signal };
  const result = await runChaos({ ...rig, ...load, forMs, plan, lastFaultMs: forMs });
  const leftOut = plan.length - result.faults.length;
  if (leftOut > 0) console.log(`${leftOut} faults left out: others before them took too long`);
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
    console.error(error instanceof UsageError ? error.message : error);
    return error instanceof UsageError ? 2 : 1;
  }
}

void main().then((code) => process.exit(code));
