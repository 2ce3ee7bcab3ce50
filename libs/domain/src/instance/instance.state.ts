import type { HealthyStatus, InstanceStatus } from '../status';
import type { AttemptNotes } from './attempt-notes';
import type { DeploymentState } from './deployment-state';
import type { InFlightStatus } from './instance.lifecycle';
import type { InstanceProfile } from './instance.profile';
import type { WorkOrder } from './work-order';

export interface EndedUpgrade {
  readonly upgradeId: string;
  readonly attempt: number;
  readonly lateOutcomeSeen: boolean;
}

export interface RestingInstance {
  readonly kind: 'resting';
  readonly status: InstanceStatus;
  readonly profile: InstanceProfile;
  /** The side of the claim axis the instance is known to be on; null if it never was healthy. */
  readonly claim: HealthyStatus | null;
  readonly lastUpgrade: EndedUpgrade | null;
}

export interface UpgradingInstance {
  readonly kind: 'upgrading';
  readonly status: InFlightStatus;
  readonly workOrder: WorkOrder;
  readonly deployment: DeploymentState | null;
  readonly notes: AttemptNotes;
}

export type InstanceState = { readonly kind: 'absent' } | RestingInstance | UpgradingInstance;
