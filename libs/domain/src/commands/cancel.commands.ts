import { CancelTooLateError, UpgradeNotInFlightError } from '../instance/instance.errors';
import type {
  Attempt,
  Failure,
  InstanceEvent,
  InstanceEventData,
  TaskReference,
} from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type { KnownInstance, UpgradingInstance } from '../instance/instance.state';
import { isOfUpgrade } from '../instance/instance.state';
import type { LocatedEnvironment, WorkOrder } from '../instance/work-order';
import { CANCELLABLE_STATUSES, isBefore, type UpgradeStage } from '../status';
import type { CommandRow, CommandRows } from './command-row';

/** What an operator asks for. */
export interface CancelRequest {
  readonly upgradeId: string;
  readonly requestedBy: string;
  readonly reason: string;
}

/** What becomes of a cancel, as its worker sees it. */
export interface CancelCommands {
  /** The build ended as cancelled; null: nothing was ever deployed. */
  ConfirmCancel: Attempt & { readonly buildName: string | null };
  /** The task ended, however; null: nothing is under way, and what variables were to be set are, or never will be. */
  ConfirmScriptCancel: Attempt & {
    readonly located: LocatedEnvironment | null;
    readonly task: TaskReference | null;
    readonly outcome: string | null;
  };
  ReportCancelWithoutEffect: InstanceEventData['CancelWithoutEffect'];
}

/** Where nothing is under way an upgrade ends at once; all else is first stopped, or waited for, by its worker. */
export const cancelUpgrade: CommandRow<CancelRequest> = {
  in: CANCELLABLE_STATUSES,
  decide(data, state) {
    if (isCancelled(data, state)) return [];
    const { workOrder, status } = state;
    const { upgradeId, requestedBy, reason } = data;
    if (workOrder.upgradeId !== upgradeId) throw new UpgradeNotInFlightError(status, upgradeId);
    const { attempt } = workOrder;
    const request = { upgradeId, attempt, requestedBy, reason };
    const requested = eventOf('UpgradeCancelRequested', request);
    return isUnderWay(state) ? [requested] : [requested, endOfCancel(state)];
  },
  elsewhere(data, state) {
    if (isCancelled(data, state)) return [];
    const isOurs = state.kind === 'upgrading' && isOfUpgrade(state, data);
    const Refusal = isOurs ? CancelTooLateError : UpgradeNotInFlightError;
    throw new Refusal(state.status, data.upgradeId);
  },
};

function isCancelled(data: CancelRequest, state: KnownInstance): boolean {
  if (!isOfUpgrade(state, data)) return false;
  return state.kind === 'upgrading'
    ? state.workOrder.cancelRequested === true
    : state.lastUpgrade?.isCancelled === true;
}

function isUnderWay(state: UpgradingInstance): boolean {
  const isSetting = state.status === 'pending-upgrade' && state.notes.variables === 'requested';
  return isSetting || hasTraces(state);
}

/** Whether a call may still land, or what it brought has not ended. */
function hasTraces({ call, task, deployment }: UpgradingInstance): boolean {
  return call?.isOpen === true || task !== null || deployment !== null;
}

export const CANCELLATION: CommandRows<CancelCommands> = {
  /** After a half-way stop the instance has to prove its health before it goes back. */
  ConfirmCancel: {
    in: ['upgrade-running'],
    decide({ buildName }, state) {
      const { workOrder, deployment, task } = state;
      if (workOrder.cancelRequested === undefined) return [];
      if (buildName === null) {
        return deployment === null && task === null ? [endOfCancel(state)] : [];
      }
      const isFollowed =
        deployment !== null && [deployment.buildName, deployment.supersededBy].includes(buildName);
      return isFollowed ? [deploymentCancelled(workOrder, buildName)] : [];
    },
  },
  ConfirmScriptCancel: {
    in: CANCELLABLE_STATUSES,
    decide({ located, task, outcome }, before) {
      if (before.workOrder.cancelRequested === undefined) return [];
      const workOrder = { ...before.workOrder, located: before.workOrder.located ?? located };
      const state = { ...before, workOrder };
      if (task === null) return hasTraces(state) ? [] : [endOfCancel(state)];
      return task.taskId === state.task?.taskId ? [scriptCancelled(state, { task, outcome })] : [];
    },
  },
  ReportCancelWithoutEffect: {
    in: ['pre-upgrade-running', 'upgrade-running'],
    decide(data, { workOrder, deployment, task, notes }) {
      const followed = [deployment?.buildName, task?.taskName];
      const isNews = followed.includes(data.name) && data.name !== notes.cancelWithoutEffect;
      return workOrder.cancelRequested && isNews ? [{ type: 'CancelWithoutEffect', data }] : [];
    },
  },
};

/** The end of a cancelled attempt that has nothing under way: what it did before has to be verified. */
export function endOfCancel(state: UpgradingInstance): InstanceEvent {
  if (mayHaveActed(state)) return scriptCancelled(state, { task: state.task, outcome: null });
  const { upgradeId, attempt, originStatus, repairs } = state.workOrder;
  const status = repairs ?? originStatus;
  return { type: 'UpgradeCancelled', data: { upgradeId, attempt, status } };
}

/** Whether the app or its environment may be another than before, by this attempt or by one ahead of it. */
function mayHaveActed(state: UpgradingInstance): boolean {
  const { attempt, located } = state.workOrder;
  const isRetry = attempt > 1 && located !== null;
  return isRetry || state.task !== null || mayHaveSetVariables(state) || mayHaveRunScript(state);
}

function mayHaveSetVariables({ status, workOrder: { target }, notes }: UpgradingInstance): boolean {
  const isPast = status === 'upgrade-running' && target !== null && 'variables' in target;
  return isPast || notes.variables !== null;
}

function mayHaveRunScript({ status, workOrder: { attempt, profile } }: UpgradingInstance): boolean {
  const isPast = !isBefore(status, 'pre-upgrade-completed');
  return profile.scripts.preUpgrade !== null && (isPast || attempt > 1);
}

interface ScriptEnd {
  readonly task: TaskReference | null;
  readonly outcome: string | null;
}

function scriptCancelled(
  { status, workOrder }: Pick<UpgradingInstance, 'status' | 'workOrder'>,
  end: ScriptEnd,
): InstanceEvent {
  const isPreUpgrade = isBefore(status, 'pre-upgrade-completed');
  return scriptCancelledIn(isPreUpgrade ? 'pre-upgrade' : 'upgrade', workOrder, end);
}

/** Leads to the verification, whatever the attempt did before it was cancelled. */
export function scriptCancelledIn(
  step: 'pre-upgrade' | 'upgrade',
  workOrder: WorkOrder,
  { task, outcome }: ScriptEnd,
): InstanceEvent {
  const ended = outcome === null ? {} : { outcome };
  const data = { workOrder: leftIn(step, workOrder), step, task, ...ended };
  return { type: 'ScriptCancelled', data };
}

export function deploymentCancelled(workOrder: WorkOrder, buildName: string): InstanceEvent {
  return {
    type: 'DeploymentCancelled',
    data: { workOrder: leftIn('upgrade', workOrder), buildName },
  };
}

function leftIn(leftAt: UpgradeStage, workOrder: WorkOrder): WorkOrder {
  return { ...workOrder, cancelRequested: true, leftAt };
}

/**
 * A failure of the stage of an attempt that may be cancelled. Of a script the worker of the cancel says how it ended;
 * a build that was cancelled by somebody else just before counts as stopped by the cancel.
 */
export function failing(
  type: 'PreUpgradeFailed' | 'UpgradeFailed',
  data: Failure,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { workOrder, deployment } = state;
  if (workOrder.cancelRequested === undefined) return [eventOf(type, data)];
  if (deployment !== null) {
    return data.reason === 'deployment-cancelled'
      ? [deploymentCancelled(workOrder, deployment.buildName)]
      : [eventOf(type, data)];
  }
  return state.status === 'pending-upgrade' ? [endOfCancel(state)] : [];
}
