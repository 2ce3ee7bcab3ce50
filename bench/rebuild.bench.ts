import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { EventStore } from '@uplift/event-store';
import type { ProcessUsage, Stack } from '../tools/stack/src';
import { projectRoot, upliftEnvironment } from '../tools/stack/src';
import { processUsage } from '../tools/stack/src/process/process-info';
import { profiled, withStack, withStore } from './bench-stack';
import type { BenchContext, Benchmark, Figure, Row } from './benchmark';
import { prefill, readAll } from './load';
import { processRows, readingOf, startCpuMeter } from './report/process-rows';

const SECTION = 'rebuild';
const AIM = { atLeast: 10_000 };

/** What the rebuild prints last. */
interface RebuildDone {
  readonly events: number;
  /** First event read to read model in place, without the start of the process. */
  readonly elapsedMs: number;
}

/** The read model from nothing, beside a bare reading of the same events. */
export const rebuildBench: Benchmark = (context) =>
  withStack({ infrastructure: ['eventstore', 'postgres'], services: [] }, (stack) =>
    withStore(stack, (store) => measure(context, stack, store)),
  );

async function measure(
  { say, options }: BenchContext,
  stack: Stack,
  store: EventStore,
): Promise<Row[]> {
  say(`writing ${options.events} events`);
  await prefill(store, options.events);
  await readAll(store);
  say('reading $all');
  const bare = await readAll(store);
  say('rebuilding once to warm up');
  await rebuildInProcess(stack.env);
  say('rebuilding');
  const readMeter = startCpuMeter(stack);
  const { usage, events, elapsedMs } = await rebuildInProcess({
    ...stack.env,
    ...profiled(options, 'projector'),
  });
  const use = readMeter();
  const readings = [...use.readings, readingOf('projector', usage)];
  const row = (measure: string, figures: Figure[]) => ({ section: SECTION, measure, figures });
  return [
    row('rebuild', [{ value: (events * 1_000) / elapsedMs, unit: 'events/s', aim: AIM }]),
    row('bare read of $all', [{ value: bare.events / bare.seconds, unit: 'events/s' }]),
    ...processRows({ ...use, readings }, { section: SECTION, pieces: events, piece: 'event' }),
  ];
}

/** Rebuilds the read model as `uplift rebuild` does: in a process of its own. */
async function rebuildInProcess(env: Readonly<Record<string, string>>) {
  const script = resolve(projectRoot(), 'dist/apps/projector/src/main.js');
  const child = spawn(process.execPath, [script, '--rebuild'], {
    env: upliftEnvironment(env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let last = '';
  let usage: ProcessUsage | undefined;
  for await (const line of createInterface(child.stdout)) {
    usage = processUsage(child.pid ?? 0) ?? usage;
    last = line;
  }
  const [code] = (await exited) as [number | null];
  if (code !== 0) throw new Error(`The rebuild ended with exit code ${code}: ${last}`);
  return { ...(JSON.parse(last) as RebuildDone), usage };
}
