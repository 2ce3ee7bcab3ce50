import type { InstanceStatus } from '../status';
import type { UpgradeStage } from './upgrade-stage';

/** Statuses between `UpgradeRequested` and the outcome, in the order of the path. */
export const IN_FLIGHT_STATUSES = [
  'pending-pre-upgrade',
  'pre-upgrade-running',
  'pre-upgrade-completed',
  'pending-upgrade',
  'upgrade-running',
  'upgrade-completed',
  'pending-post-upgrade',
  'post-upgrade-running',
  'post-upgrade-completed',
] as const satisfies readonly InstanceStatus[];

export type InFlightStatus = (typeof IN_FLIGHT_STATUSES)[number];

/** Where an instance waits for a stage to be done (again). */
export const STATUS_BEFORE_STAGE = {
  'pre-upgrade': 'pending-pre-upgrade',
  upgrade: 'pending-upgrade',
  'post-upgrade': 'pending-post-upgrade',
  'poll-upgrade': 'post-upgrade-completed',
} as const satisfies Record<UpgradeStage, InFlightStatus>;

export function isInFlight(status: string): status is InFlightStatus {
  return (IN_FLIGHT_STATUSES as readonly string[]).includes(status);
}
