import type { InstanceStatus } from '../status';
import { isHealthy } from '../status';
import { NO_NOTES, notesAfter } from './attempt-notes';
import { callAfter, ENDS_STEP } from './call-state';
import { acceptedDeployment, deploymentAfter } from './deployment-state';
import { IllegalHistoryError } from './instance.errors';
import type { InstanceEvent, InstanceEventOf, TaskReference } from './instance.events';
import type { Transition } from './transition';
import { isInFlight, STATUS_BEFORE_STAGE } from './in-flight-status';
import { LIFECYCLE } from './instance.lifecycle';
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
  | 'DeploymentCancelled'
>;

const STATUS_OPENED = {
  UpgradeRequested: 'pending-pre-upgrade',
  UpgradePending: 'pending-upgrade',
  DeploymentAccepted: 'upgrade-running',
  PostUpgradePending: 'pending-post-upgrade',
  PostUpgradeCompleted: 'post-upgrade-completed',
  DeploymentCancelled: 'post-upgrade-completed',
} as const;

/** The state right after an opening event: what lets a worker decide without reading the stream. */
export function resume(event: OpeningEvent): UpgradingInstance {
  return {
    kind: 'upgrading',
    status: STATUS_OPENED[event.type],
    workOrder: event.data.workOrder,
    call: null,
    task: null,
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
  if (state.kind === 'resting') return null;
  return event.type === 'UpgradeCancelRequested'
    ? { ...state.workOrder, cancelRequested: true }
    : state.workOrder;
}

const AT_START = { call: null, deployment: null, task: null, notes: NO_NOTES } as const;

function progressAfter(
  state: RestingInstance | UpgradingInstance,
  event: InstanceEvent,
): Pick<UpgradingInstance, 'call' | 'deployment' | 'task' | 'notes'> {
  const { call, deployment, task, notes } = state.kind === 'upgrading' ? state : AT_START;
  return {
    call: callAfter(call, event),
    deployment: deploymentAfter(deployment, event),
    task: taskAfter(task, event),
    notes: notesAfter(notes, event),
  };
}

function taskAfter(before: TaskReference | null, event: InstanceEvent): TaskReference | null {
  if (event.type === 'ScriptAccepted') return event.data.task;
  return ENDS_STEP.includes(event.type) ? null : before;
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
  const { workOrder } = state;
  const { profile, originStatus } = workOrder;
  const isCancelled = event.type === 'UpgradeCancelled';
  const lastUpgrade = { workOrder, isCancelled, lateOutcomeSeen: false };
  return { kind: 'resting', status, profile, claim: originStatus, lastUpgrade };
}

function lastUpgradeAfter(
  { lastUpgrade }: RestingInstance,
  event: InstanceEvent,
): RestingInstance['lastUpgrade'] {
  if (event.type !== 'LateOutcomeObserved') return lastUpgrade;
  return lastUpgrade && { ...lastUpgrade, lateOutcomeSeen: true };
}
