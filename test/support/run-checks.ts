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
