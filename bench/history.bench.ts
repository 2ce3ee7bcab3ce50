import { randomUUID } from 'node:crypto';
import type { NatsBusConnection } from '@uplift/bus';
import { BusClient, connectBus } from '@uplift/bus';
import { COMMAND_SUBJECTS, instanceStream } from '@uplift/contracts';
import type { InstanceEvent } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { InstanceHistory, NO_STREAM } from '@uplift/event-store';
import { growHistory } from '@uplift/event-store/testing';
import { withStack, withStore } from './bench-stack';
import type { BenchContext, Benchmark, Row } from './benchmark';
import { eachOf } from './load';
import { latencyRow, percentile } from './report/latency-row';

const LENGTHS = [10, 1_000, 10_000];
const INSTANCES = 20;
const COMMANDS_EACH = 40;
const WARM_UP_EACH = 10;
/** As long as a history is written, this many events are one append, and so are one command. */
const PER_COMMAND = 32;
const REQUEST_LIMIT_MS = 30_000;
/** Against the shortest histories. */
const MOST_TIMES = 1.5;
const WELL = 'running-healthy-claimed';
const ILL = ['running-unhealthy', 'running-unresponsive'] as const;
const ACTOR = { type: 'system', id: 'bench' } as const;

/** Who appended last before a command: the process that takes it, which need not read then, or another one. */
const BEHIND = { itself: 'what the process left', others: 'an append of others' } as const;

/** What a command costs on histories of different lengths: health reports, which change something each time. */
export const historyBench: Benchmark = (context) =>
  withStack({ infrastructure: ['eventstore', 'nats'], services: [] }, (stack) =>
    withStore(stack, async (store) => {
      const fleets = new Map<number, readonly string[]>();
      for (const length of LENGTHS) {
        context.say(`writing ${INSTANCES} histories of ${length} events`);
        fleets.set(length, await writeFleet(store, length));
      }
      const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-bench' });
      try {
        await bus.ensureTopology();
        await stack.startService('command-api');
        return await measureAll({ ...context, store, bus, fleets });
      } finally {
        await bus.close();
      }
    }),
  );

interface Filled extends BenchContext {
  readonly store: EventStore;
  readonly bus: NatsBusConnection;
  readonly fleets: ReadonlyMap<number, readonly string[]>;
}

async function measureAll({ say, store, bus, fleets }: Filled): Promise<Row[]> {
  const client = new BusClient(bus);
  const history = new InstanceHistory(store, 'bench');
  const all = [...fleets.values()].flat();
  say('warming up');
  for (let round = 0; round < WARM_UP_EACH; round += 1) await reports(client, all, round);
  const measured = { itself: noLatencies(), others: noLatencies() };
  // In turn, so that whatever else the machine does meets all of them alike.
  for (let round = 0; round < COMMANDS_EACH; round += 1) {
    for (const [length, fleet] of fleets) {
      measured.itself.get(length)?.push(...(await reports(client, fleet, round)));
      await eachOf(fleet, INSTANCES, (instanceId) => recover(history, instanceId));
      measured.others.get(length)?.push(...(await reports(client, fleet, round)));
    }
  }
  return [...rowsOf(BEHIND.itself, measured.itself), ...rowsOf(BEHIND.others, measured.others)];
}

function noLatencies(): Map<number, number[]> {
  return new Map(LENGTHS.map((length) => [length, []]));
}

function rowsOf(behind: string, latencies: ReadonlyMap<number, readonly number[]>): Row[] {
  const shortest = percentile(latencies.get(LENGTHS[0] ?? 0) ?? [], 0.5);
  return LENGTHS.map((length) =>
    latencyRow({
      section: 'history, one health report at a time',
      measure: `${length.toLocaleString('en')} events, behind ${behind}`,
      latencies: latencies.get(length) ?? [],
      ...(length === LENGTHS[0] ? {} : { aim: { lessThan: MOST_TIMES * shortest } }),
    }),
  );
}

/** As another process would report it. */
async function recover(history: InstanceHistory, instanceId: string): Promise<void> {
  const loaded = await history.load(instanceId);
  const well = { type: 'HealthReported', data: { status: WELL } } as const;
  await history.streams.appendTo(instanceStream(instanceId), loaded, [well], causeOf(instanceId));
}

/** One of each, all of them news; returns how long each took, in ms. */
async function reports(client: BusClient, fleet: readonly string[], round: number) {
  const latencies: number[] = [];
  for (const instanceId of fleet) {
    const sentAt = performance.now();
    const body = { instanceId, status: ILL[round % 2] };
    const options = { idempotencyKey: randomUUID(), timeoutMs: REQUEST_LIMIT_MS };
    await client.request(COMMAND_SUBJECTS.reportHealth, body, options);
    latencies.push(performance.now() - sentAt);
  }
  return latencies;
}

async function writeFleet(store: EventStore, length: number): Promise<string[]> {
  const history = new InstanceHistory(store, 'command-api', { snapshotEvery: 64 });
  const fleet = Array.from({ length: INSTANCES }, () => randomUUID());
  await eachOf(fleet, INSTANCES, (instanceId) => writeHistory(history, instanceId, length));
  return fleet;
}

async function writeHistory(history: InstanceHistory, instanceId: string, length: number) {
  await history.append(instanceId, NO_STREAM, [registered(instanceId)], causeOf(instanceId));
  await growHistory(history, instanceId, { toLength: length, reportsAtOnce: PER_COMMAND });
}

function causeOf(correlationId: string) {
  return { causationId: randomUUID(), step: 'bench', correlationId, actor: ACTOR };
}

function registered(instanceId: string): InstanceEvent {
  const profile = {
    ...{ project: `bench-${instanceId}`, projectId: null, environment: 'main', core: 'default' },
    ...{ app: 'bench', scripts: { preUpgrade: null, postUpgrade: null } },
    healthProbe: { path: '/', acceptStatuses: [] },
  };
  return { type: 'InstanceRegistered', data: { profile, labels: {}, status: WELL } };
}
