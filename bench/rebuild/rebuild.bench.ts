import { EsdbEventStore } from '@uplift/event-store';
import type { Stack } from '../../tools/stack/src';
import type { BenchContext, Benchmark, Figure, Row } from '../benchmark';
import { prefill } from '../load/prefill';
import type { ReadAll } from '../load/read-all';
import { readAll } from '../load/read-all';
import { withStack } from '../load/started-stack';
import type { MeterResult } from '../report/cpu-meter';
import { coresRow, CpuMeter } from '../report/cpu-meter';
import type { Work } from '../report/process-rows';
import { processRows } from '../report/process-rows';
import type { RebuildRun } from './rebuild-process';
import { rebuildInProcess } from './rebuild-process';

const SECTION = 'rebuild';
const AIM = { atLeast: 10_000 };

/** The read model from nothing, beside a bare reading of the same events. */
export const rebuildBench: Benchmark = {
  name: 'rebuild',
  run: (context) =>
    withStack({ infrastructure: ['eventstore', 'postgres'], services: [] }, async (stack) => {
      const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
      try {
        return await measure(context, stack, store);
      } finally {
        await store.close();
      }
    }),
};

async function measure(
  { say, options }: BenchContext,
  stack: Stack,
  store: EsdbEventStore,
): Promise<Row[]> {
  say(`writing ${options.events} events`);
  await prefill(store, options.events);
  await readAll(store);
  say('reading $all');
  const bare = await readAll(store);
  say('rebuilding once to warm up');
  await rebuildInProcess(stack.env);
  say('rebuilding');
  const meter = new CpuMeter(stack);
  const rebuild = await rebuildInProcess(stack.env);
  return rowsOf(bare, rebuild, meter.read());
}

function rowsOf(bare: ReadAll, rebuild: RebuildRun, result: MeterResult): Row[] {
  const { events, elapsedMs, usage } = rebuild;
  const work: Work = { section: SECTION, pieces: events, piece: 'event' };
  const row = (measure: string, figures: Figure[]) => ({ section: SECTION, measure, figures });
  const projector = {
    name: 'projector',
    cpuSeconds: usage?.cpuSeconds ?? NaN,
    peakMiB: (usage?.peakRssBytes ?? NaN) / 1_048_576,
  };
  const all = { ...result, readings: [...result.readings, projector] };
  return [
    row('rebuild', [{ value: (events * 1_000) / elapsedMs, unit: 'events/s', aim: AIM }]),
    row('bare read of $all', [{ value: bare.events / bare.seconds, unit: 'events/s' }]),
    ...processRows(all, work),
    coresRow(SECTION, all),
  ];
}
