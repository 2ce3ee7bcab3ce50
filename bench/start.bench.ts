import { randomUUID } from 'node:crypto';
import type { NatsBusConnection } from '@uplift/bus';
import { connectBus } from '@uplift/bus';
import type { EventStore } from '@uplift/event-store';
import { InstanceHistory } from '@uplift/event-store';
import { systemClock } from '@uplift/runtime';
import type { ManagedProcess, ServiceName, Stack } from '../tools/stack/src';
import { withStack, withStore } from './bench-stack';
import type { BenchContext, Benchmark, Figure, Row } from './benchmark';
import { eachOf, prefillAtOnce, writeFlight } from './load';

const LIMIT_MS = 1_800_000;
const LOOK_MS = 20;
const AIM = { lessThan: 5 };
/** Upgrades that nobody works on: watchdog and admission hold each of them. */
const UNDER_WAY = 1_000;
/** As many as a process may have to read behind its checkpoint. */
const BEHIND_CHECKPOINT = 7_500;
const PLACE = { projectId: 1, environmentId: 2, route: 'http://app.example/', buildName: '' };

/** How long each service takes until it is ready, on stores of different lengths. */
export const startBench: Benchmark = async (context) => {
  const rows: Row[] = [];
  for (const events of context.options.histories) rows.push(...(await measure(context, events)));
  return rows;
};

function measure({ say }: BenchContext, events: number): Promise<Row[]> {
  const infrastructure = ['eventstore', 'nats', 'postgres', 'lagoon'] as const;
  return withStack({ infrastructure, services: [] }, (stack) =>
    withStore(stack, async (store) => {
      const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-bench' });
      try {
        await bus.ensureTopology();
        say(`writing ${events} events`);
        await prefillAtOnce(store, events);
        await writeFlights(store);
        return await measureStarts({ stack, bus, store, say, events });
      } finally {
        await bus.close();
      }
    }),
  );
}

interface Filled extends Pick<BenchContext, 'say'> {
  readonly stack: Stack;
  readonly bus: NatsBusConnection;
  readonly store: EventStore;
  readonly events: number;
}

async function measureStarts({ stack, bus, store, say, events }: Filled): Promise<Row[]> {
  const section = `start, ${events.toLocaleString('en')} events in the store`;
  const row = (measure: string, figures: Figure[]): Row => ({ section, measure, figures });
  const start = (name: ServiceName, env: Readonly<Record<string, string>> = {}) => {
    say(`starting ${name}`);
    return timedStart(stack, name, env);
  };
  const limited = { UPLIFT_BUILDS_IN_FLIGHT: '10', UPLIFT_TRIGGERS_PER_HOUR: '100' };
  const rows: Row[] = [];
  rows.push(row('watchdog, without a checkpoint', await start('watchdog')));
  rows.push(row('admission, without a checkpoint', await start('pre-upgrade', limited)));
  rows.push(row('watchdog, at its checkpoint', aimed(await start('watchdog'))));
  rows.push(row('admission, at its checkpoint', aimed(await start('pre-upgrade', limited))));
  say(`writing ${BEHIND_CHECKPOINT} events`);
  await prefillAtOnce(store, BEHIND_CHECKPOINT);
  const behind = `${BEHIND_CHECKPOINT.toLocaleString('en')} events behind it`;
  rows.push(row(`watchdog, ${behind}`, aimed(await start('watchdog'))));
  rows.push(row(`admission, ${behind}`, aimed(await start('pre-upgrade', limited))));
  say('letting relay and projector do their work');
  await Promise.all([letRelay({ stack, bus, events }), letProject(stack)]);
  for (const name of ['relay', 'projector', 'command-api'] as const) {
    rows.push(row(`${name}, with its work done`, aimed(await start(name))));
  }
  return rows;
}

async function letRelay({ stack, bus, events }: Pick<Filled, 'stack' | 'bus' | 'events'>) {
  const relay = await stack.startService('relay');
  await until('the relay has published', async () => (await bus.lastSequence()) >= events);
  await relay.stop();
}

async function letProject(stack: Stack): Promise<void> {
  const projector = await stack.startService('projector');
  const url = `http://127.0.0.1:${projector.port('health')}/metrics`;
  const isDone = async () => {
    const page = await (await fetch(url)).text();
    const projected = Number(/^uplift_projection_events_total (\d+)/m.exec(page)?.[1] ?? 0);
    return projected > 0 && /^uplift_projection_lag_events 0$/m.test(page);
  };
  await until('the projector has read everything', isDone);
  await projector.stop();
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await systemClock.pause(LOOK_MS);
  }
}

function aimed([time, ...rest]: Figure[]): Figure[] {
  return time === undefined ? rest : [{ ...time, aim: AIM }, ...rest];
}

/** From the start of the process until it is ready; then it is stopped calmly. */
async function timedStart(
  stack: Stack,
  name: ServiceName,
  env: Readonly<Record<string, string>>,
): Promise<Figure[]> {
  const startedAt = performance.now();
  const process = await stack.startService(name, name, env);
  await untilReady(process);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { cpuSeconds = NaN, peakRssBytes = NaN } = process.usage() ?? {};
  await process.stop();
  return [
    { value: seconds, unit: 's until ready' },
    { value: cpuSeconds, unit: 's CPU' },
    { value: peakRssBytes / 1_048_576, unit: 'MiB peak' },
  ];
}

async function untilReady(process: ManagedProcess): Promise<void> {
  const url = `http://127.0.0.1:${process.port('health')}/health/ready`;
  await until(`${process.name} is ready`, async () => (await fetch(url)).ok);
}

async function writeFlights(store: EventStore): Promise<void> {
  const history = new InstanceHistory(store, 'bench');
  await eachOf(Array(UNDER_WAY).keys(), 32, async (n) => {
    const ids = { instanceId: randomUUID(), upgradeId: randomUUID(), project: `flight-${n}` };
    await writeFlight(history, ids, { ...PLACE, buildName: `lagoon-build-${n}` });
  });
}
