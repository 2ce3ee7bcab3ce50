import { randomUUID } from 'node:crypto';
import type { EventStore, EventToAppend, StreamHead } from '@uplift/event-store';
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
    const { appends, seconds, latencies, streams } = await appendLoad(store, concurrency, SECONDS);
    const figures = [
      { value: appends / seconds, unit: 'appends/s' },
      { value: percentile(latencies, 0.5), unit: 'ms p50' },
      { value: percentile(latencies, 0.99), unit: 'ms p99' },
    ];
    const section = `store, append ${concurrency} at a time`;
    rows.push({ section, measure: 'append, one event each', figures });
    rows.push(...processRows(readMeter(), { section, pieces: appends, piece: 'append' }));
    rows.push(...(await measureEnds(stack, store, streams)));
  }
  return rows;
}

/** What a worker pays for each message whose event another process appended. */
async function measureEnds(
  stack: Stack,
  store: EventStore,
  streams: readonly string[],
): Promise<Row[]> {
  const readMeter = startCpuMeter(stack);
  const { count, seconds, latencies } = await timedLoad(streams, SECONDS, (stream) =>
    store.lastOf(stream),
  );
  const section = `store, last event of ${streams.length} streams at a time`;
  const figures = [
    { value: count / seconds, unit: 'reads/s' },
    { value: percentile(latencies, 0.5), unit: 'ms p50' },
    { value: percentile(latencies, 0.99), unit: 'ms p99' },
  ];
  return [
    { section, measure: 'read of one event', figures },
    ...processRows(readMeter(), { section, pieces: count, piece: 'read' }),
  ];
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
  const streams = Array.from({ length: concurrency }, () => `bench-${randomUUID()}`);
  const heads = new Map<string, StreamHead>();
  const load = await timedLoad(streams, seconds, async (stream) => {
    const after = heads.get(stream) ?? NO_STREAM;
    heads.set(stream, (await store.append(stream, after, [eventToAppend()])).head);
  });
  return { appends: load.count, ...load, streams };
}

/** The same work again and again for the given time, on all streams at once. */
async function timedLoad(
  streams: readonly string[],
  seconds: number,
  work: (stream: string) => Promise<unknown>,
) {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const latencies: number[] = [];
  await eachOf(streams, streams.length, async (stream) => {
    while (performance.now() < endsAt) {
      const sentAt = performance.now();
      await work(stream);
      latencies.push(performance.now() - sentAt);
    }
  });
  const took = (performance.now() - startedAt) / 1_000;
  return { count: latencies.length, seconds: took, latencies };
}

function eventToAppend(): EventToAppend {
  const id = randomUUID();
  const actor = { type: 'system', id: 'bench' } as const;
  const metadata = { $correlationId: id, $causationId: id, actor, service: 'bench' };
  return { id, type: 'BenchEvent', data: DATA, metadata: { ...metadata, schemaVersion: 1 } };
}
