import { setTimeout as pause } from 'node:timers/promises';
import { connectBus, type BusConnection } from '@uplift/bus';
import { EsdbEventStore } from '@uplift/event-store';
import type { Stack } from '../../tools/stack/src';
import type { BenchContext, Benchmark, Row } from '../benchmark';
import { prefill } from '../load/prefill';
import { withStack } from '../load/started-stack';
import { coresRow, CpuMeter } from '../report/cpu-meter';
import { processRows } from '../report/process-rows';

const SECTION = 'relay';
const LOOK_EVERY_MS = 25;
const LIMIT_MS = 120_000;

/** $all to an empty bus: a relay is started when all events are there. */
export const relayBench: Benchmark = {
  name: 'relay',
  run: (context) =>
    withStack({ infrastructure: ['eventstore', 'nats'], services: [] }, async (stack) => {
      const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-bench' });
      try {
        await bus.ensureTopology();
        const events = await fill(context, stack);
        context.say('starting the relay');
        return await measure(stack, bus, events);
      } finally {
        await bus.close();
      }
    }),
};

async function fill({ say, options }: BenchContext, stack: Stack): Promise<number> {
  say(`writing ${options.events} events`);
  const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
  try {
    return await prefill(store, options.events);
  } finally {
    await store.close();
  }
}

interface Seen {
  readonly sequence: number;
  readonly at: number;
}

async function measure(stack: Stack, bus: BusConnection, events: number): Promise<Row[]> {
  const meter = new CpuMeter(stack);
  const launchedAt = performance.now();
  const ready = stack.startService('relay', 'relay');
  const first = await lookUntil(bus, 1);
  const middle = await lookUntil(bus, Math.floor(events / 2));
  const last = await lookUntil(bus, events);
  await ready;
  const result = meter.read();
  const figures = [
    { value: rate(first, last), unit: 'events/s' },
    { value: rate(middle, last), unit: 'events/s in the second half' },
  ];
  const whole = [{ value: (last.at - launchedAt) / 1_000, unit: 's' }];
  return [
    { section: SECTION, measure: 'first event on the bus to last', figures },
    { section: SECTION, measure: 'start of the process to last event', figures: whole },
    ...processRows(result, { section: SECTION, pieces: events, piece: 'event' }),
    coresRow(SECTION, result),
  ];
}

/** The stream tells nobody how long it is: it has to be asked. */
async function lookUntil(bus: BusConnection, wanted: number): Promise<Seen> {
  const endsAt = performance.now() + LIMIT_MS;
  while (performance.now() < endsAt) {
    const sequence = await bus.lastSequence();
    if (sequence >= wanted) return { sequence, at: performance.now() };
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`The relay did not bring ${wanted} events to the bus within ${LIMIT_MS} ms`);
}

function rate(from: Seen, to: Seen): number {
  return ((to.sequence - from.sequence) * 1_000) / (to.at - from.at);
}
