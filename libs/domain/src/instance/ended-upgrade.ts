import type { InFlightStatus, UpgradeStage } from '../status';
import type { InstanceEvent } from './instance.events';
import type { EndedUpgrade, InstanceState, UpgradingInstance } from './instance.state';
import type { TaskStep, UnsettledEffect, WorkOrder } from './work-order';
import { markerOf, scriptMarkerOf } from './work-order';

/** Failures that do not say what became of the effect that was under way. */
const WITHOUT_OUTCOME = ['stage-timed-out', 'outcome-unknown'];

/** True if an attempt that failed for this reason may have left something under way in Lagoon. */
function leavesOutcomeOpen(reason: string): boolean {
  return WITHOUT_OUTCOME.includes(reason);
}

/** What is remembered of an attempt that ended with this event. */
export function endedUpgrade(state: UpgradingInstance, event: InstanceEvent): EndedUpgrade {
  const { workOrder } = state;
  const isFailed = 'retryable' in event.data;
  return {
    workOrder,
    isCancelled: event.type === 'UpgradeCancelled',
    lateOutcomeSeen: false,
    stage: isFailed ? incompleteStage(state) : null,
    unsettled: isFailed ? unsettledAfter(state, event.data.reason) : (workOrder.unsettled ?? null),
  };
}

/** A call that may still land is left open whatever the attempt failed for, but for its own refusal. */
function unsettledAfter(state: UpgradingInstance, reason: string): UnsettledEffect | null {
  const isRefusal = reason === 'deployment-refused' || reason === 'script-refused';
  const mayLand = state.call?.isOpen === true && !isRefusal;
  const isOpen = mayLand || leavesOutcomeOpen(reason);
  const own = isOpen ? underWay(state) : null;
  return own ?? state.workOrder.unsettled ?? null;
}

const INCOMPLETE: Record<InFlightStatus, UpgradeStage> = {
  'pending-pre-upgrade': 'pre-upgrade',
  'pre-upgrade-running': 'pre-upgrade',
  'pre-upgrade-completed': 'upgrade',
  'pending-upgrade': 'upgrade',
  'upgrade-running': 'upgrade',
  'upgrade-completed': 'post-upgrade',
  'pending-post-upgrade': 'post-upgrade',
  'post-upgrade-running': 'post-upgrade',
  'post-upgrade-completed': 'poll-upgrade',
};

function incompleteStage({ status, workOrder }: UpgradingInstance): UpgradeStage {
  return workOrder.leftAt ?? INCOMPLETE[status];
}

/** The step whose task may run in a status. */
export function scriptStepIn(status: InFlightStatus): TaskStep {
  if (status === 'pre-upgrade-running') return 'pre-upgrade';
  if (status === 'post-upgrade-completed') return 'verification';
  return status === 'post-upgrade-running' ? 'post-upgrade' : 'upgrade';
}

/** The intent that has no outcome: an open call in flight, or what an attempt left when it ended. */
export function unsettledEffectOf(state: InstanceState): UnsettledEffect | null {
  if (state.kind === 'resting') return state.lastUpgrade?.unsettled ?? null;
  if (state.kind === 'absent' || state.call?.isOpen !== true) return null;
  return underWay(state);
}

/** The effect that was asked for and has not ended; null if there is none. */
function underWay(state: UpgradingInstance): UnsettledEffect | null {
  const { call, deployment, task, workOrder, status } = state;
  const step = scriptStepIn(status);
  // A task that proves the health changes nothing: another attempt may run its own beside it.
  if (step === 'verification') return null;
  if (deployment !== null) {
    const { buildName } = deployment;
    return { effect: 'deployment', step: null, marker: markerOf(workOrder), buildName };
  }
  if (task !== null) {
    const marker = scriptMarkerOf(workOrder, step);
    return { effect: 'script', step, marker, buildName: task.taskName };
  }
  if (call?.isOpen !== true) return null;
  const { effect, marker } = call;
  return { effect, step: effect === 'script' ? step : null, marker, buildName: null };
}

/** Commit or tag that the environment runs when an attempt ends; null if it is not known. */
export function deployedRefAfter(order: WorkOrder): string | null {
  const { deployed, strategy, target, replacedRef = null, presentRef } = order;
  if (deployed === undefined || strategy === 'script') {
    return presentRef === undefined ? replacedRef : presentRef;
  }
  return target !== null && 'ref' in target ? target.ref : null;
}
