import type { HealthyStatus } from '../status';
import type { InstanceProfile } from './instance.profile';
import type { UpgradeStrategy, UpgradeTarget } from './upgrade-strategy';

/**
 * Everything a stage needs to do its part without reading the stream.
 * Every event that opens a stage carries it whole.
 */
export interface WorkOrder {
  readonly upgradeId: string;
  /** Counts the tries of one upgrade, from 1. */
  readonly attempt: number;
  readonly profile: InstanceProfile;
  /** Where Lagoon said the instance lives; null before the pre-upgrade checks. */
  readonly located: LocatedEnvironment | null;
  readonly strategy: UpgradeStrategy;
  readonly target: UpgradeTarget | null;
  /** The status to come back to. */
  readonly originStatus: HealthyStatus;
  /** End of the whole attempt, RFC 3339: no outage extends it. */
  readonly deadlineAt: string;
}

export interface LocatedEnvironment {
  readonly projectId: number;
  readonly environmentId: number;
  /** Primary URL of the app as Lagoon gave it; null if Lagoon named none. */
  readonly route: string | null;
}

/** Text that identifies an attempt inside Lagoon: the same for all its calls, never reused. */
export function markerOf(order: Pick<WorkOrder, 'upgradeId' | 'attempt'>): string {
  return `uplift-${order.upgradeId}-${order.attempt}`;
}
