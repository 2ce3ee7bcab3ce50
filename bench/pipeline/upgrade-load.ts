import type { EventStore } from '@uplift/event-store';
import type { Stack } from '../../tools/stack/src';
import { eachOf } from '../load/each-of';
import type { MeterResult } from '../report/cpu-meter';
import { CpuMeter } from '../report/cpu-meter';
import type { BenchLagoon } from './bench-lagoon';
import { makeFleet } from './fleet';
import type { BenchInstance } from './fleet';
import type { OutcomeWatch } from './outcome-watch';
import type { UpliftClient } from './uplift-client';
import { COMMANDS_IN_FLIGHT } from './uplift-client';
import type { EventTime } from './upgrade-times';
import { eventTimes } from './upgrade-times';

export interface PipelineParts {
  readonly stack: Stack;
  readonly store: EventStore;
  readonly client: UpliftClient;
  readonly watch: OutcomeWatch;
  readonly lagoon: BenchLagoon;
}

export interface UpgradeLoad {
  readonly instances: number;
  /** Upgrades under way at the same time; absent: all of them. */
  readonly atOnce?: number;
}

export interface UpgradeTimes {
  /** When the client sent the command, milliseconds since 1970. */
  readonly sentAt: number;
  readonly events: readonly EventTime[];
}

export interface LoadResult {
  readonly upgrades: readonly UpgradeTimes[];
  /** From the first command until queries showed the last upgrade, in seconds. */
  readonly untilShown: number;
  readonly registrationsPerSecond: number;
  readonly lagoonRequests: number;
  /** From the first command until the read model was complete. */
  readonly use: MeterResult;
}

/** Registers a new fleet and upgrades all of it. Throws with the first upgrade that fails. */
export async function upgradeLoad(parts: PipelineParts, load: UpgradeLoad): Promise<LoadResult> {
  const { stack, store, client, lagoon } = parts;
  const fleet = makeFleet(load.instances);
  const registrationsPerSecond = await prepare(parts, fleet);
  const before = await endOf(store);
  await client.seesUpTo(before);
  const requestsBefore = await lagoon.requests();
  const meter = new CpuMeter(stack);
  const startedAt = performance.now();
  const sent = await upgradeAll(parts, fleet, load.atOnce);
  await client.seesUpTo(await endOf(store));
  const untilShown = (performance.now() - startedAt) / 1_000;
  const use = meter.read();
  const lagoonRequests = (await lagoon.requests()) - requestsBefore;
  const times = await eventTimes(store, before);
  const upgrades = [...sent].map(([instanceId, sentAt]) => ({
    sentAt,
    events: times.get(instanceId) ?? [],
  }));
  return { upgrades, untilShown, registrationsPerSecond, lagoonRequests, use };
}

async function prepare(
  { lagoon, client }: PipelineParts,
  fleet: readonly BenchInstance[],
): Promise<number> {
  await lagoon.place(fleet);
  const startedAt = performance.now();
  await client.register(fleet);
  return (fleet.length * 1_000) / (performance.now() - startedAt);
}

/** With `atOnce` the next upgrade begins when one has ended; else as fast as commands are accepted. */
async function upgradeAll(
  { client, watch }: PipelineParts,
  fleet: readonly BenchInstance[],
  atOnce: number | undefined,
): Promise<Map<string, number>> {
  const sent = new Map<string, number>();
  const ends: Promise<void>[] = [];
  const work = eachOf(fleet, atOnce ?? COMMANDS_IN_FLIGHT, async (instance) => {
    const ended = watch.ended(instance.instanceId);
    ends.push(ended);
    sent.set(instance.instanceId, Date.now());
    await Promise.all([client.upgrade(instance), atOnce === undefined ? undefined : ended]);
  });
  await work;
  await Promise.all(ends);
  return sent;
}

async function endOf(store: EventStore): Promise<bigint> {
  return (await store.lastPosition()) ?? 0n;
}
