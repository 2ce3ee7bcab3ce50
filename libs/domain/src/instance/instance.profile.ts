import type { TaskScript, UpgradePlan } from './upgrade-target';

/** `http`: the app answers. `none`: nothing is asked. `task`: a task succeeds. `lagoon`: Lagoon's own status. */
export const HEALTH_PROBE_KINDS = ['http', 'none', 'task', 'lagoon'] as const;
export type HealthProbeKind = (typeof HEALTH_PROBE_KINDS)[number];

/** How the health of the app is proved. */
export interface HealthProbeTarget {
  /** Absent: `http`. */
  readonly kind?: HealthProbeKind;
  /** Of the kind `task`: what proves the health by its success. */
  readonly script?: TaskScript;
  /** Path below the environment's route, `/` by default. */
  readonly path: string;
  /** Status codes that count as healthy beside 2xx, for example 302. */
  readonly acceptStatuses: readonly number[];
}

/** Why the members do not fit together, or null if they do. */
export function whyHealthProbeIsInvalid({ kind, script }: HealthProbeTarget): string | null {
  const takesScript = kind === 'task';
  if (takesScript === (script !== undefined)) return null;
  return takesScript
    ? 'a health probe of the kind task needs a script: a service and a command, or a registered task'
    : 'only a health probe of the kind task takes a script';
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

/** Whether both are the same environment of Lagoon by name. */
export function isSamePlace(one: InstanceProfile, other: InstanceProfile): boolean {
  return (
    one.core === other.core &&
    one.project === other.project &&
    one.environment === other.environment
  );
}
