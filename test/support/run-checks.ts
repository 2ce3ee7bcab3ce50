import { isDeepStrictEqual } from 'node:util';
import { EVENT_SUBJECT_ROOT, eventNameOf, splitStreamName } from '@uplift/contracts';
import type { AuditVerdict, StoredEvent } from '@uplift/contracts';
import type { OnBus } from './bus-reader';
import { readWholeBus } from './bus-reader';
import { eventually } from './eventually';
import type { FleetInstance } from './fleet';
import { statusAfterUpgrade } from './fleet';
import type { RunningUplift } from './running-uplift';
import type { Accepted } from './uplift-client';

/** What the store says of the instances, next to what was acknowledged to their callers. */
export function expectAcknowledgedOnce(
  { log }: RunningUplift,
  fleet: readonly FleetInstance[],
  accepted: readonly Accepted[],
): void {
  const requested = fleet.map(({ instanceId }) =>
    log
      .of(instanceId)
      .filter(({ type }) => type === 'UpgradeRequested')
      .map(({ revision, position, metadata }) => ({
        instanceId,
        upgradeId: metadata.$correlationId,
        revision,
        position: position.toString(),
      })),
  );
  expect(requested).toEqual(
    accepted.map(({ instanceId, upgradeId, revision, position }) => [
      { instanceId, upgradeId, revision, position },
    ]),
  );
}

/** Every upgrade is where it should be, and Lagoon built each of them once. */
export async function expectUpgradedOnce(
  { log, lagoon }: RunningUplift,
  fleet: readonly FleetInstance[],
  accepted: readonly Accepted[],
): Promise<void> {
  expect(fleet.map(({ instanceId }) => log.statusOf(instanceId))).toEqual(
    fleet.map(statusAfterUpgrade),
  );
  const markers = accepted.map(({ upgradeId }) => `uplift-${upgradeId}-1`);
  expect(await lagoon.notBuiltOnce(markers)).toEqual([]);
}

/** Message k is event k: same id, same content, same place, ordinals without a gap, and nothing beside. */
export async function expectBusIsStore({ bus, log, store }: RunningUplift): Promise<OnBus[]> {
  const newest = await store.lastPosition();
  await log.until(
    () => log.events.at(-1)?.position === newest,
    () => 'the whole store',
  );
  const stored = [...log.events];
  await eventually(async () => {
    expect(await bus.lastSequence()).toBeGreaterThanOrEqual(stored.length);
  });
  const found = await readWholeBus(bus);
  expectEqualEvents(
    found.map(({ event }) => event),
    stored,
  );
  expect(found.map(({ proof }) => proof.ordinal)).toEqual(stored.map((_, n) => n + 1));
  expect(new Set(found.map(({ proof }) => proof.epoch)).size).toBeLessThanOrEqual(1);
  expect(found.map(({ subject }) => subject)).toEqual(
    stored.map(({ stream, type }) => {
      const { category, id } = splitStreamName(stream);
      return `${EVENT_SUBJECT_ROOT}.${category}.${eventNameOf(type)}.${id}`;
    }),
  );
  return found;
}

/** Every hash chain holds, every stream is a legal path, and the read model is what a replay gives. */
export async function expectSoundAudit(uplift: RunningUplift): Promise<AuditVerdict> {
  await uplift.readModelCaughtUp();
  const { code, stdout, stderr } = await uplift.cli('--output', 'json', 'audit', 'verify');
  const audit = JSON.parse(stdout) as AuditVerdict;
  expect({ ...audit, code, stderr }).toMatchObject({
    code: 0,
    faults: [],
    differences: [],
    isSound: true,
    events: uplift.log.events.length,
  });
  return audit;
}

/** Hands only what differs to Jest, which is slow to compare thousands of events. */
function expectEqualEvents(found: readonly StoredEvent[], stored: readonly StoredEvent[]): void {
  expect(found).toHaveLength(stored.length);
  const differing = stored
    .map((event, n) => [found[n], event] as const)
    .filter(([one, other]) => !isDeepStrictEqual(one, other));
  expect(differing.map(([one]) => one)).toEqual(differing.map(([, other]) => other));
}
