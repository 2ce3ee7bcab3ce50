import type { InstanceStatus } from '../status';
import type { UpgradeStage } from './upgrade-stage';

/** Deadlines are named here and given in milliseconds by configuration. */
export type DeadlineName = 'pending' | 'step' | 'call' | 'queued' | 'running' | 'verify';

/** Where the status after an event comes from when it is not fixed. */
export type StatusSource = 'from-data' | 'before-stage-in-data' | 'unchanged';

export interface Transition {
  /** Statuses in which the event is legal; `absent` = the instance does not exist yet. */
  readonly from: readonly (InstanceStatus | 'absent')[];
  readonly to: InstanceStatus | StatusSource;
  /** Who must act next; null = nobody, the upgrade is at rest or waits for a person. */
  readonly owner: UpgradeStage | 'named-in-data' | null;
  /**
   * How long the owner has from this event on; `kept` = the deadline that runs goes on; `suspended` = it stands
   * still, only the attempt's own end counts; `resumed` = it goes on with what was left of it.
   */
  readonly deadline: DeadlineName | 'kept' | 'suspended' | 'resumed' | null;
}
