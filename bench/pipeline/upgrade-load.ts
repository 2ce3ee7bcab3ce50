import type { StoredEvent } from '@uplift/contracts';
import { isInstanceStream, splitStreamName } from '@uplift/contracts';
import type { InstanceEventType } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { eachOf } from '../load';
import type { CpuUse } from '../report/process-rows';
import { startCpuMeter } from '../report/process-rows';
import type { Pipeline } from './pipeline-stack';
import type { BenchInstance } from './uplift-client';
import { COMMANDS_IN_FLIGHT, makeFleet } from './uplift-client';

interface UpgradeLoad {
  readonly instances: number;
  /** Upgrades under way at the same time; absent: all of them. */
  readonly atOnce?: number;
}

export interface LoadedUpgrade {
  /** When the client sent the command, milliseconds since 1970. */
  readonly sentAt: number;
  /** All that the store recorded of it, in order. */
  readonly events: readonly StoredEvent[];
}

export interface LoadResult {
  readonly upgrades: readonly LoadedUpgrade[];
  /** From the first command until queries showed the last upgrade, in seconds. */
  readonly untilShown: number;
  readonly registrationsPerSecond: number;
  readonly lagoonRequests: number;
  /** From the first command until the read model was complete. */
  readonly use: CpuUse;
}

/** Registers a new fleet and upgrades all of it. Throws with the first upgrade that fails. */
export async function upgradeLoad(pipeline: Pipeline, load: UpgradeLoad): Promise<LoadResult> {
  const { stack, store, client, lagoon } = pipeline;
  const fleet = makeFleet(load.instances);
  const registrationsPerSecond = await prepare(pipeline, fleet);
  const before = await endOf(store);
  await client.seesUpTo(before);
  const requestsBefore = (await lagoon.ledger()).total;
  const readMeter = startCpuMeter(stack);
  const startedAt = performance.now();
  const sent = await upgradeAll(pipeline, fleet, load.atOnce);
  await client.seesUpTo(await endOf(store));
  const untilShown = (performance.now() - startedAt) / 1_000;
  const use = readMeter();
  const lagoonRequests = (await lagoon.ledger()).total - requestsBefore;
  const events = await eventsByInstance(store, before);
  const upgrades = [...sent].map(([instanceId, sentAt]) => ({
    sentAt,
    events: events.get(instanceId) ?? [],
  }));
  return { upgrades, untilShown, registrationsPerSecond, lagoonRequests, use };
}

async function prepare(
  { lagoon, client }: Pipeline,
  fleet: readonly BenchInstance[],
): Promise<number> {
  await lagoon.place(fleet);
  const startedAt = performance.now();
  await client.register(fleet);
  return (fleet.length * 1_000) / (performance.now() - startedAt);
}

/** With `atOnce` the next upgrade begins when one has ended; else as fast as commands are accepted. */
async function upgradeAll(
  { client, watch }: Pipeline,
  fleet: readonly BenchInstance[],
  atOnce: number | undefined,
): Promise<Map<string, number>> {
  const sent = new Map<string, number>();
  const ends: Promise<void>[] = [];
  await eachOf(fleet, atOnce ?? COMMANDS_IN_FLIGHT, async (instance) => {
    const ended = watch.ended(instance.instanceId);
    ends.push(ended);
    sent.set(instance.instanceId, Date.now());
    await Promise.all([client.upgrade(instance), atOnce === undefined ? undefined : ended]);
  });
  await Promise.all(ends);
  return sent;
}

export function eventOf({ events }: LoadedUpgrade, type: InstanceEventType): StoredEvent {
  const event = events.find((each) => each.type === type);
  if (event === undefined) throw new Error(`An upgrade has no ${type} in the store`);
  return event;
}

/** When the store recorded an event of an upgrade, milliseconds since 1970. */
export function timeOf(upgrade: LoadedUpgrade, type: InstanceEventType): number {
  return Date.parse(eventOf(upgrade, type).recordedAt);
}

/** What the store recorded after a position. */
async function eventsByInstance(
  store: EventStore,
  after: bigint,
): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
  const byInstance = new Map<string, StoredEvent[]>();
  for await (const { events, caughtUp } of store.subscribeToAll({ after })) {
    for (const event of events.filter(({ stream }) => isInstanceStream(stream))) {
      const { id } = splitStreamName(event.stream);
      const known = byInstance.get(id) ?? [];
      known.push(event);
      byInstance.set(id, known);
    }
    if (caughtUp) break;
  }
  return byInstance;
}

async function endOf(store: EventStore): Promise<bigint> {
  return (await store.lastPosition()) ?? 0n;
}
