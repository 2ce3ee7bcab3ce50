import type { HealthyStatus, InFlightStatus, InstanceStatus, UpgradeStage } from '../status';
import type { AttemptProgress } from './attempt-progress';
import type { InstanceProfile } from './instance.profile';
import type { UnsettledEffect, WorkOrder } from './work-order';

export interface EndedUpgrade {
  readonly workOrder: WorkOrder;
  readonly isCancelled: boolean;
  readonly lateOutcomeSeen: boolean;
  /** The earliest stage that is not complete; null if there is nothing left to do. */
  readonly stage: UpgradeStage | null;
  /** What was asked of Lagoon when the attempt ended, if nobody knows what became of it. */
  readonly unsettled: UnsettledEffect | null;
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
  /** Commit or tag that is deployed, if an upgrade named one; null: not known. */
  readonly deployedRef: string | null;
}

export interface UpgradingInstance extends AttemptProgress {
  readonly kind: 'upgrading';
  readonly status: InFlightStatus;
  readonly workOrder: WorkOrder;
}

export type KnownInstance = RestingInstance | UpgradingInstance;
export type InstanceState = AbsentInstance | KnownInstance;

/** Whether the upgrade in flight, or the last one, is the named one. */
export function isOfUpgrade(
  state: KnownInstance,
  { upgradeId }: { readonly upgradeId: string },
): boolean {
  return workOrderOf(state)?.upgradeId === upgradeId;
}

/** The work order of the upgrade in flight, else of the last one. */
export function workOrderOf(state: KnownInstance): WorkOrder | null {
  return state.kind === 'upgrading' ? state.workOrder : (state.lastUpgrade?.workOrder ?? null);
}
