import type { InstanceEvent, InstanceEventData, TaskReference } from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type { RestingInstance } from '../instance/instance.state';
import type { LocatedEnvironment, ScriptStep, WorkOrder } from '../instance/work-order';
import { deploymentCancelled, scriptCancelledIn } from './cancel.commands';
import type { CommandRows } from './command-row';

/** What became of a deployment or a script after the upgrade was given up. */
export interface LateOutcomeCommands {
  RecordLateOutcome: LateOutcome & {
    /** Time for what is left to do after a late success. */
    readonly attemptMs: number;
    /** The task of a script; null for a build, and where there never was one. */
    readonly task: TaskReference | null;
    readonly located: LocatedEnvironment | null;
  };
}

type LateOutcome = InstanceEventData['LateOutcomeObserved'];
type Report = LateOutcomeCommands['RecordLateOutcome'];
type FailedStatus = `${ScriptStep}-failed`;

export const LATE_OUTCOME: CommandRows<LateOutcomeCommands, FailedStatus> = {
  RecordLateOutcome: { in: ({ step }) => [`${step ?? 'upgrade'}-failed`], decide: lateOutcome },
};

/** Recorded once. A success is taken up where the upgrade left off, and so is a cancel. */
export function lateOutcome(
  report: Report,
  { lastUpgrade }: Pick<RestingInstance, 'lastUpgrade'>,
): readonly InstanceEvent[] {
  if (lastUpgrade === null || lastUpgrade.lateOutcomeSeen) return [];
  const { attemptMs, task: _task, located, ...data } = report;
  const {
    cancelRequested,
    deadlineAt: _over,
    leftAt: _leftAt,
    unsettled: _settled,
    ...order
  } = lastUpgrade.workOrder;
  const workOrder = { ...order, located: order.located ?? located, attemptMs };
  const next = cancelRequested ? afterCancel(report, workOrder) : afterSuccess(report, workOrder);
  return [eventOf('LateOutcomeObserved', data), ...next];
}

function afterSuccess(
  { status, step, task, buildName }: Report,
  workOrder: WorkOrder,
): readonly InstanceEvent[] {
  if (status !== 'complete' || step === 'pre-upgrade') return [];
  if (step === 'post-upgrade') return [eventOf('PostUpgradeCompleted', { workOrder, task })];
  const deployed = { buildName };
  return [eventOf('PostUpgradePending', { workOrder: { ...workOrder, deployed } })];
}

/** What is deployed is finished; a script, or a build that was stopped, is followed by the proof of health. */
function afterCancel(report: Report, workOrder: WorkOrder): readonly InstanceEvent[] {
  const { status, step, task, buildName } = report;
  if (step === 'pre-upgrade' || step === 'upgrade') {
    return [scriptCancelledIn(step, workOrder, { task, outcome: status })];
  }
  return step === undefined && status === 'cancelled'
    ? [deploymentCancelled(workOrder, buildName)]
    : afterSuccess(report, workOrder);
}
