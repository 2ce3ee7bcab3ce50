import { randomUUID } from 'node:crypto';
import type { EventStore, EventToAppend } from '@uplift/event-store';
import { NO_STREAM } from '@uplift/event-store';
import type { Stack } from '../tools/stack/src';
import { withStack, withStore } from './bench-stack';
import type { BenchContext, Benchmark, Row } from './benchmark';
import { eachOf, prefill, readAll } from './load';
import { percentile } from './report/latency-row';
import { processRows, startCpuMeter } from './report/process-rows';

const CONCURRENCIES = [1, 32, 256];
const WARM_UP_SECONDS = 1;
const SECONDS = 3;

/** About what an event that opens a stage weighs. */
const DATA = { workOrder: 'x'.repeat(700) };

/** The store alone: the official client against the embedded server, which is a process of its own. */
export const storeBench: Benchmark = (context) =>
  withStack({ infrastructure: ['eventstore'], services: [] }, (stack) =>
    withStore(stack, async (store) => {
      const reading = await measureReading(context, stack, store);
      return [...(await measureAppends(context, stack, store)), ...reading];
    }),
  );

async function measureAppends(
  { say }: BenchContext,
  stack: Stack,
  store: EventStore,
): Promise<Row[]> {
  const rows: Row[] = [];
  await appendLoad(store, 32, WARM_UP_SECONDS);
  for (const concurrency of CONCURRENCIES) {
    say(`appending ${concurrency} at a time for ${SECONDS} s`);
    const readMeter = startCpuMeter(stack);
    const { appends, seconds, latencies } = await appendLoad(store, concurrency, SECONDS);
    const figures = [
      { value: appends / seconds, unit: 'appends/s' },
      { value: percentile(latencies, 0.5), unit: 'ms p50' },
      { value: percentile(latencies, 0.99), unit: 'ms p99' },
    ];
    const section = `store, append ${concurrency} at a time`;
    rows.push({ section, measure: 'append, one event each', figures });
    rows.push(...processRows(readMeter(), { section, pieces: appends, piece: 'append' }));
  }
  return rows;
}

async function measureReading(
  { say, options }: BenchContext,
  stack: Stack,
  store: EventStore,
): Promise<Row[]> {
  say(`writing ${options.events} events to read`);
  await prefill(store, options.events);
  await readAll(store);
  say('reading $all');
  const readMeter = startCpuMeter(stack);
  const { events, seconds } = await readAll(store);
  const section = 'store, read $all';
  const figures = [{ value: events / seconds, unit: 'events/s' }];
  return [
    { section, measure: 'first event to last', figures },
    ...processRows(readMeter(), { section, pieces: events, piece: 'event' }),
  ];
}

/** Appends of one event each for the given time, to several streams at once, each one append after the other. */
async function appendLoad(store: EventStore, concurrency: number, seconds: number) {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const latencies: number[] = [];
  const streams = Array.from({ length: concurrency }, () => `bench-${randomUUID()}`);
  await eachOf(streams, concurrency, async (stream) => {
    let head = NO_STREAM;
    while (performance.now() < endsAt) {
      const sentAt = performance.now();
      ({ head } = await store.append(stream, head, [eventToAppend()]));
      latencies.push(performance.now() - sentAt);
    }
  });
  const took = (performance.now() - startedAt) / 1_000;
  return { appends: latencies.length, seconds: took, latencies };
}

function eventToAppend(): EventToAppend {
  const id = randomUUID();
  const actor = { type: 'system', id: 'bench' } as const;
  const metadata = { $correlationId: id, $causationId: id, actor, service: 'bench' };
  return { id, type: 'BenchEvent', data: DATA, metadata: { ...metadata, schemaVersion: 1 } };
}
