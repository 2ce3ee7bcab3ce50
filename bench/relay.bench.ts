import type { BusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import { systemClock } from '@uplift/runtime';
import type { Stack } from '../tools/stack/src';
import { profiled, withStack, withStore } from './bench-stack';
import type { Benchmark, Row } from './benchmark';
import { prefill } from './load';
import { processRows, startCpuMeter } from './report/process-rows';

const SECTION = 'relay';
const LOOK_EVERY_MS = 25;
const LIMIT_MS = 120_000;

interface Seen {
  readonly sequence: number;
  readonly at: number;
}

/** $all to an empty bus: a relay is started when all events are there. */
export const relayBench: Benchmark = ({ say, options }) =>
  withStack({ infrastructure: ['eventstore', 'nats'], services: [] }, async (stack) => {
    const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-bench' });
    try {
      await bus.ensureTopology();
      say(`writing ${options.events} events`);
      const events = await withStore(stack, (store) => prefill(store, options.events));
      say('starting the relay');
      return await measure({ stack, bus, events, settings: profiled(options, 'relay') });
    } finally {
      await bus.close();
    }
  });

interface RelayRun {
  readonly stack: Stack;
  readonly bus: BusConnection;
  readonly events: number;
  readonly settings: Readonly<Record<string, string>>;
}

async function measure({ stack, bus, events, settings }: RelayRun): Promise<Row[]> {
  const readMeter = startCpuMeter(stack);
  const launchedAt = performance.now();
  const ready = stack.startService('relay', 'relay', settings);
  const first = await lookUntil(bus, 1);
  const middle = await lookUntil(bus, Math.floor(events / 2));
  const last = await lookUntil(bus, events);
  await ready;
  const use = readMeter();
  const figures = [
    { value: rate(first, last), unit: 'events/s' },
    { value: rate(middle, last), unit: 'events/s in the second half' },
  ];
  const whole = [{ value: (last.at - launchedAt) / 1_000, unit: 's' }];
  return [
    { section: SECTION, measure: 'first event on the bus to last', figures },
    { section: SECTION, measure: 'start of the process to last event', figures: whole },
    ...processRows(use, { section: SECTION, pieces: events, piece: 'event' }),
  ];
}

/** The stream tells nobody how long it is: it has to be asked. */
async function lookUntil(bus: BusConnection, wanted: number): Promise<Seen> {
  const endsAt = performance.now() + LIMIT_MS;
  while (performance.now() < endsAt) {
    const sequence = await bus.lastSequence();
    if (sequence >= wanted) return { sequence, at: performance.now() };
    await systemClock.pause(LOOK_EVERY_MS);
  }
  throw new Error(`The relay did not bring ${wanted} events to the bus within ${LIMIT_MS} ms`);
}

function rate(from: Seen, to: Seen): number {
  return ((to.sequence - from.sequence) * 1_000) / (to.at - from.at);
}
