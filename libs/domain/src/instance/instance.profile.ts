import type { TaskScript, UpgradePlan } from './upgrade-target';

export interface HealthProbeTarget {
  /** Path below the environment's route, `/` by default. */
  readonly path: string;
  /** Status codes that count as healthy beside 2xx, for example 302. */
  readonly acceptStatuses: readonly number[];
}

/** Which app runs where, and what an upgrade of it needs to know. */
export interface InstanceProfile {
  /** Lagoon project name. */
  readonly project: string;
  /** Lagoon project id; unknown on old instances. */
  readonly projectId: number | null;
  /** Lagoon environment name. */
  readonly environment: string;
  /** Which Lagoon core hosts the project. */
  readonly core: string;
  /** The store app this instance was made from. */
  readonly app: string;
  readonly scripts: {
    readonly preUpgrade: TaskScript | null;
    readonly postUpgrade: TaskScript | null;
  };
  readonly healthProbe: HealthProbeTarget;
  /** How to upgrade when a request names no strategy; absent: `redeploy-latest`. */
  readonly upgrade?: UpgradePlan;
}
