import type { InstanceStatus } from '../status';
import { isHealthy } from '../status';
import { NO_NOTES, notesAfter } from './attempt-notes';
import { acceptedDeployment, deploymentAfter } from './deployment-state';
import { IllegalHistoryError } from './instance.errors';
import type { InstanceEvent, InstanceEventOf } from './instance.events';
import type { Transition } from './instance.lifecycle';
import { isInFlight, LIFECYCLE, STATUS_BEFORE_STAGE } from './instance.lifecycle';
import type { InstanceState, RestingInstance, UpgradingInstance } from './instance.state';
import type { WorkOrder } from './work-order';

export const INITIAL_STATE: InstanceState = { kind: 'absent' };

/** Applies one event; throws IllegalHistoryError if the lifecycle table forbids it. */
export function evolve(state: InstanceState, event: InstanceEvent): InstanceState {
  if (state.kind === 'absent') {
    return firstState(event);
  }
  const { from }: Transition = LIFECYCLE[event.type];
  if (!from.includes(state.status)) throw new IllegalHistoryError(event.type, state.status);

  const status = statusAfter(event, state.status);
  const workOrder = workOrderAfter(state, event);
  return workOrder !== null && isInFlight(status)
    ? { kind: 'upgrading', status, workOrder, ...progressAfter(state, event) }
    : atRest(state, event, status);
}

/** Events after which a stage can be worked on from the event alone. */
export type OpeningEvent = InstanceEventOf<
  | 'UpgradeRequested'
  | 'UpgradePending'
  | 'DeploymentAccepted'
  | 'PostUpgradePending'
  | 'PostUpgradeCompleted'
>;

const STATUS_OPENED = {
  UpgradeRequested: 'pending-pre-upgrade',
  UpgradePending: 'pending-upgrade',
  DeploymentAccepted: 'upgrade-running',
  PostUpgradePending: 'pending-post-upgrade',
  PostUpgradeCompleted: 'post-upgrade-completed',
} as const;

/** The state right after an opening event: what lets a worker decide without reading the stream. */
export function resume(event: OpeningEvent): UpgradingInstance {
  return {
    kind: 'upgrading',
    status: STATUS_OPENED[event.type],
    workOrder: event.data.workOrder,
    deployment: event.type === 'DeploymentAccepted' ? acceptedDeployment(event.data) : null,
    notes: NO_NOTES,
  };
}

/** Status after an event that is legal in `before`. */
export function statusAfter(event: InstanceEvent, before: InstanceStatus): InstanceStatus {
  switch (event.type) {
    case 'InstanceRegistered':
    case 'HealthReported':
    case 'InstanceVerifiedHealthy':
    case 'UpgradeCancelled':
      return event.data.status;
    case 'UpgradeRetried':
      return STATUS_BEFORE_STAGE[event.data.fromStage];
    default: {
      const { to } = LIFECYCLE[event.type];
      return to === 'unchanged' ? before : to;
    }
  }
}

function firstState({ type, data }: InstanceEvent): RestingInstance {
  if (type !== 'InstanceRegistered' || isInFlight(data.status)) {
    throw new IllegalHistoryError(type, 'absent');
  }
  const { status, profile } = data;
  const claim = isHealthy(status) ? status : null;
  return { kind: 'resting', status, profile, claim, lastUpgrade: null };
}

function workOrderAfter(
  state: RestingInstance | UpgradingInstance,
  event: InstanceEvent,
): WorkOrder | null {
  if ('workOrder' in event.data) return event.data.workOrder;
  return state.kind === 'upgrading' ? state.workOrder : null;
}

function progressAfter(
  state: RestingInstance | UpgradingInstance,
  event: InstanceEvent,
): Pick<UpgradingInstance, 'deployment' | 'notes'> {
  const { deployment, notes } =
    state.kind === 'upgrading' ? state : { deployment: null, notes: NO_NOTES };
  return { deployment: deploymentAfter(deployment, event), notes: notesAfter(notes, event) };
}

function atRest(
  state: RestingInstance | UpgradingInstance,
  event: InstanceEvent,
  status: InstanceStatus,
): RestingInstance {
  if (state.kind === 'resting') {
    const claim = isHealthy(status) ? status : state.claim;
    return { ...state, status, claim, lastUpgrade: lastUpgradeAfter(state, event) };
  }
  const { upgradeId, attempt, profile, originStatus } = state.workOrder;
  const lastUpgrade = { upgradeId, attempt, lateOutcomeSeen: false };
  return { kind: 'resting', status, profile, claim: originStatus, lastUpgrade };
}

function lastUpgradeAfter(
  { lastUpgrade }: RestingInstance,
  event: InstanceEvent,
): RestingInstance['lastUpgrade'] {
  if (event.type !== 'LateOutcomeObserved') return lastUpgrade;
  const { upgradeId, attempt } = event.data;
  return { upgradeId, attempt, lateOutcomeSeen: true };
}
