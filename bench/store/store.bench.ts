import { EsdbEventStore } from '@uplift/event-store';
import type { Stack } from '../../tools/stack/src';
import type { BenchContext, Benchmark, Row } from '../benchmark';
import { prefill } from '../load/prefill';
import { readAll } from '../load/read-all';
import { withStack } from '../load/started-stack';
import type { MeterResult } from '../report/cpu-meter';
import { coresRow, CpuMeter } from '../report/cpu-meter';
import { percentile } from '../report/percentiles';
import type { Work } from '../report/process-rows';
import { processRows } from '../report/process-rows';
import { appendLoad } from './append-load';

const CONCURRENCIES = [1, 32, 256];
const WARM_UP_SECONDS = 1;
const SECONDS = 3;

/** The store alone: the official client against the embedded server, which is a process of its own. */
export const storeBench: Benchmark = {
  name: 'store',
  run: (context) =>
    withStack({ infrastructure: ['eventstore'], services: [] }, async (stack) => {
      const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
      try {
        const reading = await measureReading(context, stack, store);
        return [...(await measureAppends(context, stack, store)), ...reading];
      } finally {
        await store.close();
      }
    }),
};

async function measureAppends(
  { say }: BenchContext,
  stack: Stack,
  store: EsdbEventStore,
): Promise<Row[]> {
  const rows: Row[] = [];
  await appendLoad(store, { concurrency: 32, seconds: WARM_UP_SECONDS });
  for (const concurrency of CONCURRENCIES) {
    say(`appending ${concurrency} at a time for ${SECONDS} s`);
    const meter = new CpuMeter(stack);
    const { appends, seconds, latencies } = await appendLoad(store, {
      concurrency,
      seconds: SECONDS,
    });
    const figures = [
      { value: appends / seconds, unit: 'appends/s' },
      { value: percentile(latencies, 0.5), unit: 'ms p50' },
      { value: percentile(latencies, 0.99), unit: 'ms p99' },
    ];
    const section = `store, append ${concurrency} at a time`;
    rows.push({ section, measure: 'append, one event each', figures });
    rows.push(...costRows(meter.read(), { section, pieces: appends, piece: 'append' }));
  }
  return rows;
}

async function measureReading(
  { say, options }: BenchContext,
  stack: Stack,
  store: EsdbEventStore,
): Promise<Row[]> {
  say(`writing ${options.events} events to read`);
  await prefill(store, options.events);
  await readAll(store);
  say('reading $all');
  const meter = new CpuMeter(stack);
  const { events, seconds } = await readAll(store);
  const section = 'store, read $all';
  const figures = [{ value: events / seconds, unit: 'events/s' }];
  return [
    { section, measure: 'first event to last', figures },
    ...costRows(meter.read(), { section, pieces: events, piece: 'event' }),
  ];
}

function costRows(result: MeterResult, work: Work): Row[] {
  return [...processRows(result, work), coresRow(work.section, result)];
}
