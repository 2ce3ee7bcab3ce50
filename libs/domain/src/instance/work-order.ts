import type { HealthyStatus, UpgradeStage } from '../status';
import type { InstanceProfile } from './instance.profile';
import type { UpgradeStrategy, UpgradeTarget } from './upgrade-target';

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
  /**
   * Time of the whole attempt in ms, counted from its first `…Started` on; it stands still in every wait that is told.
   * Absent in old histories.
   */
  readonly attemptMs?: number;
  /** End of the whole attempt, RFC 3339: only in old histories, without `attemptMs`. */
  readonly deadlineAt?: string;
  /** The upgrade expires if it has not begun by then, RFC 3339 in UTC with milliseconds. */
  readonly startBy?: string;
  /** Urgent upgrades are admitted before all others. */
  readonly priority?: Priority;
  /** Upgrades of one wave share a bulk id in Lagoon and are polled together. */
  readonly waveId?: string;
  /** An operator asked to stop this attempt: no new effect starts. */
  readonly cancelRequested?: true;
  /** An operator holds the instance: no new effect starts until it is let go. */
  readonly parked?: true;
  /** What this upgrade has deployed; `buildName` null: it is not known under which name. */
  readonly deployed?: { readonly buildName: string | null };
  /** Commit or tag that was deployed before this upgrade, as far as the history tells. */
  readonly replacedRef?: string;
  /** Commit or tag that the app runs while this upgrade deploys again; null: it is not known. */
  readonly presentRef?: string | null;
  /** The stage that was not complete when a cancel or an operator led straight to the verification. */
  readonly leftAt?: UpgradeStage;
  /** What an earlier attempt asked of Lagoon and nobody knows the outcome of. */
  readonly unsettled?: UnsettledEffect;
  /** The ill status that this upgrade is to mend. */
  readonly repairs?: 'running-unhealthy' | 'running-unresponsive';
  /** The upgrade whose deployment is taken back. */
  readonly rollsBack?: string;
  /** What the instance was changed to meanwhile: from the next upgrade on. */
  readonly nextProfile?: InstanceProfile;
  /** The instance is deregistered as soon as the upgrade has ended. */
  readonly deregistration?: { readonly requestedBy: string; readonly reason: string };
}

export const PRIORITIES = ['urgent'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface LocatedEnvironment {
  readonly projectId: number;
  readonly environmentId: number;
  /** Primary URL of the app as Lagoon gave it; null if Lagoon named none. */
  readonly route: string | null;
  /** Lagoon's own word: `branch`, `pullrequest`, `promote`; absent in old histories. */
  readonly deployType?: string;
  /** The branch the environment is built from, which may differ from its name; absent in old histories. */
  readonly deployBaseRef?: string;
}

/** An intent without an outcome: it may still take place in Lagoon. */
export interface UnsettledEffect {
  readonly effect: 'deployment' | 'script';
  /** The step whose script it is; null for a deployment. */
  readonly step: ScriptStep | null;
  readonly marker: string;
  /** Name of the build or task, if Lagoon gave one. */
  readonly buildName: string | null;
}

/** `uplift-` and this fit into the 50 characters of Lagoon's bulk id. */
export const WAVE_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,42}$/;

/** Text that identifies an attempt inside Lagoon: the same for all its calls, never reused. */
export function markerOf(order: Pick<WorkOrder, 'upgradeId' | 'attempt'>): string {
  return `uplift-${order.upgradeId}-${order.attempt}`;
}

/** Steps of an attempt that may run a script. */
export const SCRIPT_STEPS = ['pre-upgrade', 'upgrade', 'post-upgrade'] as const;
export type ScriptStep = (typeof SCRIPT_STEPS)[number];

/** Steps that may run a task: also the proof of health. */
export const TASK_STEPS = [...SCRIPT_STEPS, 'verification'] as const;
export type TaskStep = (typeof TASK_STEPS)[number];

const SCRIPT_SUFFIX: Record<TaskStep, string> = {
  'pre-upgrade': 'pre',
  upgrade: 'script',
  'post-upgrade': 'post',
  verification: 'verify',
};

/** Text that identifies the script of one step inside Lagoon. */
export function scriptMarkerOf(
  order: Pick<WorkOrder, 'upgradeId' | 'attempt'>,
  step: TaskStep,
): string {
  return `${markerOf(order)}-${SCRIPT_SUFFIX[step]}`;
}

/** Lagoon's id of the wave; null if the attempt belongs to none. */
export function bulkIdOf({ waveId }: Pick<WorkOrder, 'waveId'>): string | null {
  return waveId === undefined ? null : `uplift-${waveId}`;
}
