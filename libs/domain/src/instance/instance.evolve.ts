import type { InFlightStatus, InstanceStatus } from '../status';
import { isHealthy, isInFlight } from '../status';
import { deployedRefAfter, endedUpgrade } from './ended-upgrade';
import type { AttemptProgress } from './attempt-progress';
import { AT_START, nothingUnderWay, progressAfter } from './attempt-progress';
import { IllegalHistoryError } from './instance.errors';
import type { InstanceEvent, PerEvent } from './instance.events';
import { meaningOf } from './instance.events';
import type { Transition } from './instance.lifecycle';
import { claimIn, isLegalIn, LIFECYCLE, statusAfter } from './instance.lifecycle';
import type { InstanceProfile } from './instance.profile';
import { isSamePlace } from './instance.profile';
import type {
  EndedUpgrade,
  InstanceState,
  KnownInstance,
  RestingInstance,
  UpgradingInstance,
} from './instance.state';
import type { WorkOrder } from './work-order';

export const INITIAL_STATE: InstanceState = { kind: 'absent' };

/** Applies one event; throws IllegalHistoryError if the lifecycle table forbids it. */
export function evolve(state: InstanceState, event: InstanceEvent): KnownInstance {
  if (state.kind === 'absent') return firstState(event);
  if (!isLegalIn(state.status, event.type)) throw new IllegalHistoryError(event.type, state.status);
  if (event.type === 'InstanceRegistered') return firstState(event);

  const status = statusAfter(event, state.status);
  const workOrder = workOrderAfter(state, event);
  if (workOrder === null || !isInFlight(status)) return atRest(state, event, status);

  const before = state.kind === 'upgrading' ? state : AT_START;
  const left = status === state.status ? before : nothingUnderWay(before.notes);
  return upgrading(status, workOrder, progressAfter(left, event));
}

function upgrading(
  status: InFlightStatus,
  workOrder: WorkOrder,
  { call, deployment, task, notes }: AttemptProgress,
): UpgradingInstance {
  return { kind: 'upgrading', status, workOrder, call, deployment, task, notes };
}

/**
 * The state right after an event that opens a stage: such an event carries the work order and leaves no doubt about
 * the status, so a worker decides without reading the stream. Null after any other event.
 */
export function resume(event: InstanceEvent): UpgradingInstance | null {
  const [status, ...others] = statusesAfter(event);
  const isCertain = others.length === 0 && status !== undefined && isInFlight(status);
  const workOrder = orderIn(event);
  if (!isCertain || workOrder === null) return null;
  return upgrading(status, workOrder, progressAfter(AT_START, event));
}

function statusesAfter(event: InstanceEvent): readonly InstanceStatus[] {
  const { from }: Transition = LIFECYCLE[event.type];
  const befores = from.filter((each) => each !== 'absent');
  return [...new Set(befores.map((before) => statusAfter(event, before)))];
}

function firstState({ type, data }: InstanceEvent): RestingInstance {
  if (type !== 'InstanceRegistered' || isInFlight(data.status)) {
    throw new IllegalHistoryError(type, 'absent');
  }
  const { status, profile } = data;
  const claim = isHealthy(status) ? status : null;
  return { kind: 'resting', status, profile, claim, lastUpgrade: null, deployedRef: null };
}

function workOrderAfter(state: KnownInstance, event: InstanceEvent): WorkOrder | null {
  const order = orderIn(event);
  if (order !== null || state.kind === 'resting') return order;
  const changes = meaningOf(IN_ORDER, event);
  if (changes !== undefined) return { ...state.workOrder, ...changes };
  const originStatus = claimIn(event);
  return originStatus === null ? state.workOrder : { ...state.workOrder, originStatus };
}

/** What an event changes in the work order of the upgrade in flight. */
const IN_ORDER: PerEvent<Partial<WorkOrder>> = {
  UpgradePrioritized: ({ priority }) => ({ priority }),
  UpgradeCancelRequested: () => ({ cancelRequested: true }),
  InstanceParked: () => ({ parked: true }),
  InstanceUpdated: ({ profile }) => ({ nextProfile: profile }),
  DeregistrationRequested: ({ requestedBy, reason }) => ({
    deregistration: { requestedBy, reason },
  }),
};

/** The work order that an event carries, with what earlier builds did not write into it. */
function orderIn({ type, data }: InstanceEvent): WorkOrder | null {
  if (!('workOrder' in data)) return null;
  const { workOrder } = data;
  const implied = IMPLIED[type] ?? {};
  const isComplete = Object.keys(implied).every((name) => name in workOrder);
  return isComplete ? workOrder : { ...implied, ...workOrder };
}

/** Nobody comes to the post-upgrade without a deployment, and a cancelled build was none. */
const IMPLIED: { readonly [Type in InstanceEvent['type']]?: Partial<WorkOrder> } = {
  PostUpgradePending: { deployed: { buildName: null } },
  PostUpgradeCompleted: { deployed: { buildName: null } },
  DeploymentCancelled: { leftAt: 'upgrade' },
};

function atRest(
  state: KnownInstance,
  event: InstanceEvent,
  status: InstanceStatus,
): RestingInstance {
  if (state.kind === 'resting') return stillAtRest(state, event, status);
  const { nextProfile, ...order } = state.workOrder;
  const profile = nextProfile ?? order.profile;
  const workOrder = { ...order, profile };
  const { originStatus: claim } = order;
  const lastUpgrade = endedUpgrade({ ...state, workOrder }, event);
  const deployedRef = deployedRefAfter(workOrder);
  return { kind: 'resting', status, profile, claim, lastUpgrade, deployedRef };
}

/** What may begin anew of the last upgrade goes by the present profile and claim. */
function stillAtRest(
  state: RestingInstance,
  event: InstanceEvent,
  status: InstanceStatus,
): RestingInstance {
  if (event.type === 'InstanceUpdated') return updated(state, event.data.profile);
  const claim = claimIn(event) ?? (isHealthy(status) ? status : state.claim);
  const lastUpgrade = lastUpgradeAfter(state, event);
  const isKept = lastUpgrade === null || claim === null || claim === state.claim;
  const ended = isKept ? lastUpgrade : ordered(lastUpgrade, { originStatus: claim });
  return { ...state, status, claim, lastUpgrade: ended };
}

/** Of another environment nothing is known: what was deployed, or is left to do, was in the one before. */
function updated(state: RestingInstance, profile: InstanceProfile): RestingInstance {
  if (!isSamePlace(state.profile, profile)) {
    return { ...state, profile, lastUpgrade: null, deployedRef: null };
  }
  const { lastUpgrade } = state;
  return { ...state, profile, lastUpgrade: lastUpgrade && ordered(lastUpgrade, { profile }) };
}

function ordered(ended: EndedUpgrade, changes: Partial<WorkOrder>): EndedUpgrade {
  return { ...ended, workOrder: { ...ended.workOrder, ...changes } };
}

function lastUpgradeAfter(
  { lastUpgrade }: RestingInstance,
  { type }: InstanceEvent,
): RestingInstance['lastUpgrade'] {
  if (lastUpgrade === null) return null;
  if (type === 'LateOutcomeObserved') {
    return { ...lastUpgrade, lateOutcomeSeen: true, unsettled: null };
  }
  return type === 'OutcomeResolved' ? { ...lastUpgrade, unsettled: null } : lastUpgrade;
}
