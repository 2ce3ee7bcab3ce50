import type { InstanceStatus } from '../status';
import { isHealthy } from '../status';
import { IllegalHistoryError } from './instance.errors';
import type { InstanceEvent, InstanceEventOf } from './instance.events';
import type { Transition } from './instance.lifecycle';
import { isInFlight, LIFECYCLE } from './instance.lifecycle';
import type {
  DeploymentState,
  InstanceState,
  RestingInstance,
  UpgradingInstance,
} from './instance.state';
import type { WorkOrder } from './work-order';

export const INITIAL_STATE: InstanceState = { kind: 'absent' };

/** Applies one event; throws IllegalHistoryError if the lifecycle table forbids it. */
export function evolve(state: InstanceState, event: InstanceEvent): InstanceState {
  const before = state.kind === 'absent' ? 'absent' : state.status;
  const transition: Transition = LIFECYCLE[event.type];
  if (!transition.from.includes(before)) throw new IllegalHistoryError(event.type, before);
  if (event.type === 'InstanceRegistered') return registered(event.data);
  if (state.kind === 'absent') throw new IllegalHistoryError(event.type, before);

  const status = statusAfter(event, state.status);
  const workOrder = workOrderAfter(state, event);
  return workOrder !== null && isInFlight(status)
    ? { kind: 'upgrading', status, workOrder, deployment: deploymentAfter(state, event) }
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
    deployment: event.type === 'DeploymentAccepted' ? accepted(event) : null,
  };
}

/** Status after an event that is legal in `before`. */
export function statusAfter(event: InstanceEvent, before: InstanceStatus): InstanceStatus {
  const { to }: Transition = LIFECYCLE[event.type];
  if (to === 'from-data') return statusInData(event, before);
  if (to === 'pending-of-stage') return 'pending-pre-upgrade';
  return to === 'unchanged' ? before : to;
}

function statusInData(event: InstanceEvent, before: InstanceStatus): InstanceStatus {
  switch (event.type) {
    case 'InstanceRegistered':
    case 'HealthReported':
    case 'InstanceVerifiedHealthy':
    case 'UpgradeCancelled':
      return event.data.status;
    default:
      return before;
  }
}

function registered(data: InstanceEventOf<'InstanceRegistered'>['data']): RestingInstance {
  const claim = isHealthy(data.status) ? data.status : null;
  return { kind: 'resting', status: data.status, profile: data.profile, claim, lastUpgrade: null };
}

function workOrderAfter(
  state: RestingInstance | UpgradingInstance,
  event: InstanceEvent,
): WorkOrder | null {
  if ('workOrder' in event.data) return event.data.workOrder;
  return state.kind === 'upgrading' ? state.workOrder : null;
}

function accepted(event: InstanceEventOf<'DeploymentAccepted'>): DeploymentState {
  const { callNo, buildName } = event.data;
  return { callNo, buildName, status: null, buildStep: null };
}

function deploymentAfter(
  state: RestingInstance | UpgradingInstance,
  event: InstanceEvent,
): DeploymentState | null {
  const before = state.kind === 'upgrading' ? state.deployment : null;
  switch (event.type) {
    case 'DeploymentRequested':
      return { callNo: event.data.callNo, buildName: null, status: null, buildStep: null };
    case 'DeploymentAccepted':
      return accepted(event);
    case 'DeploymentProgressed':
      return before && { ...before, status: event.data.status, buildStep: event.data.buildStep };
    case 'UpgradeCompleted':
      return null;
    default:
      return before;
  }
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
  state: RestingInstance,
  event: InstanceEvent,
): RestingInstance['lastUpgrade'] {
  return event.type === 'LateOutcomeObserved' && state.lastUpgrade !== null
    ? { ...state.lastUpgrade, lateOutcomeSeen: true }
    : state.lastUpgrade;
}
