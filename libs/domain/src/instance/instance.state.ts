import type { HealthyStatus, InstanceStatus } from '../status';
import type { AttemptNotes } from './attempt-notes';
import type { CallState } from './call-state';
import type { DeploymentState } from './deployment-state';
import type { TaskReference } from './instance.events';
import type { InFlightStatus } from './in-flight-status';
import type { InstanceProfile } from './instance.profile';
import type { WorkOrder } from './work-order';

export interface EndedUpgrade {
  readonly workOrder: WorkOrder;
  readonly isCancelled: boolean;
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
  /** The effect that was asked for and has no outcome yet. */
  readonly call: CallState | null;
  readonly deployment: DeploymentState | null;
  /** The task of the present step's script, once Lagoon has taken it. */
  readonly task: TaskReference | null;
  readonly notes: AttemptNotes;
}

export type InstanceState = { readonly kind: 'absent' } | RestingInstance | UpgradingInstance;
