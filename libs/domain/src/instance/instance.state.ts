import type { HealthyStatus, InFlightStatus, InstanceStatus } from '../status';
import type { AttemptProgress } from './attempt-progress';
import type { InstanceProfile } from './instance.profile';
import type { WorkOrder } from './work-order';

export interface EndedUpgrade {
  readonly workOrder: WorkOrder;
  readonly isCancelled: boolean;
  readonly lateOutcomeSeen: boolean;
}

export interface AbsentInstance {
  readonly kind: 'absent';
}

export interface RestingInstance {
  readonly kind: 'resting';
  readonly status: InstanceStatus;
  readonly profile: InstanceProfile;
  /** The side of the claim axis the instance is known to be on; null if it never was healthy. */
  readonly claim: HealthyStatus | null;
  readonly lastUpgrade: EndedUpgrade | null;
}

export interface UpgradingInstance extends AttemptProgress {
  readonly kind: 'upgrading';
  readonly status: InFlightStatus;
  readonly workOrder: WorkOrder;
}

export type KnownInstance = RestingInstance | UpgradingInstance;
export type InstanceState = AbsentInstance | KnownInstance;

/** The work order of the upgrade in flight, else of the last one. */
export function workOrderOf(state: KnownInstance): WorkOrder | null {
  return state.kind === 'upgrading' ? state.workOrder : (state.lastUpgrade?.workOrder ?? null);
}
