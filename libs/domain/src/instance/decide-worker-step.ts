import type { InstanceCommandData, WorkerCommand, WorkerCommandType } from './instance.commands';
import { InstanceUnknownError, StepNotReachedError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { InFlightStatus } from './in-flight-status';
import { IN_FLIGHT_STATUSES } from './in-flight-status';
import type { InstanceState, RestingInstance, UpgradingInstance } from './instance.state';
import { eventsOfStep } from './events-of-step';

/** First and last status in which a step is due: before is ahead of its time, after is a repeat. */
const DUE: Record<WorkerCommandType, readonly [InFlightStatus, InFlightStatus]> = {
  StartPreUpgrade: ['pending-pre-upgrade', 'pending-pre-upgrade'],
  CompletePreUpgrade: ['pre-upgrade-running', 'pre-upgrade-running'],
  FailPreUpgrade: ['pending-pre-upgrade', 'pre-upgrade-running'],
  RequestVariables: ['pending-upgrade', 'pending-upgrade'],
  RecordVariables: ['pending-upgrade', 'pending-upgrade'],
  StartUpgrade: ['pending-upgrade', 'pending-upgrade'],
  RequestScript: ['pre-upgrade-running', 'post-upgrade-running'],
  AcceptScript: ['pre-upgrade-running', 'post-upgrade-running'],
  NoteAmbiguousCall: ['pre-upgrade-running', 'post-upgrade-running'],
  RepeatCall: ['pre-upgrade-running', 'post-upgrade-running'],
  RefuseCall: ['pre-upgrade-running', 'post-upgrade-running'],
  RetryCall: ['pre-upgrade-running', 'post-upgrade-running'],
  AcceptDeployment: ['upgrade-running', 'upgrade-running'],
  ProgressDeployment: ['upgrade-running', 'upgrade-running'],
  RecordDuplicateBuilds: ['upgrade-running', 'upgrade-running'],
  SupersedeDeployment: ['upgrade-running', 'upgrade-running'],
  ReportInvisibleBuild: ['upgrade-running', 'upgrade-running'],
  ReportUnstartedBuild: ['upgrade-running', 'upgrade-running'],
  CompleteUpgrade: ['upgrade-running', 'upgrade-running'],
  FailUpgrade: ['pending-upgrade', 'upgrade-running'],
  DeclareOutcomeUnknown: ['upgrade-running', 'upgrade-running'],
  ConfirmCancel: ['upgrade-running', 'upgrade-running'],
  RecordLateOutcome: ['pending-pre-upgrade', 'post-upgrade-completed'],
  StartPostUpgrade: ['pending-post-upgrade', 'pending-post-upgrade'],
  CompletePostUpgrade: ['post-upgrade-running', 'post-upgrade-running'],
  FailPostUpgrade: ['pending-post-upgrade', 'post-upgrade-running'],
  VerifyHealthy: ['post-upgrade-completed', 'post-upgrade-completed'],
  FindUnhealthy: ['post-upgrade-completed', 'post-upgrade-completed'],
  FindUnresponsive: ['post-upgrade-completed', 'post-upgrade-completed'],
  RecordWait: ['pending-pre-upgrade', 'post-upgrade-completed'],
  EndWait: ['pending-pre-upgrade', 'post-upgrade-completed'],
  TimeOutStage: ['pending-pre-upgrade', 'post-upgrade-completed'],
  ParkStage: ['pending-pre-upgrade', 'post-upgrade-completed'],
};

/** A worker's report: nothing if late or repeated, refused if ahead of its time. */
export function decideWorkerStep(
  command: WorkerCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  if (state.kind === 'absent') throw new InstanceUnknownError();
  if (state.kind === 'resting')
    return command.type === 'RecordLateOutcome' ? lateOutcome(command.data, state) : [];
  if (!isSameAttempt(command, state)) return [];

  const [first, last] = DUE[command.type];
  const now = IN_FLIGHT_STATUSES.indexOf(state.status);
  if (now > IN_FLIGHT_STATUSES.indexOf(last)) return [];
  if (now < IN_FLIGHT_STATUSES.indexOf(first)) {
    throw new StepNotReachedError(command.type, state.status);
  }
  return eventsOfStep(command, state);
}

function isSameAttempt({ data }: WorkerCommand, { workOrder }: UpgradingInstance): boolean {
  return data.upgradeId === workOrder.upgradeId && data.attempt === workOrder.attempt;
}

/**
 * What became of a deployment that was given up, once. A success is taken up where the upgrade left off.
 */
function lateOutcome(
  data: InstanceCommandData['RecordLateOutcome'],
  { status, lastUpgrade }: RestingInstance,
): readonly InstanceEvent[] {
  if (status !== 'upgrade-failed' || lastUpgrade === null) return [];
  const { workOrder, lateOutcomeSeen } = lastUpgrade;
  const { upgradeId, attempt, buildName, status: outcome, deadlineAt } = data;
  const isOurs = workOrder.upgradeId === upgradeId && workOrder.attempt === attempt;
  if (!isOurs || lateOutcomeSeen) return [];
  const observed: InstanceEvent = {
    type: 'LateOutcomeObserved',
    data: { upgradeId, attempt, status: outcome, buildName },
  };
  if (outcome !== 'complete') return [observed];
  const { cancelRequested: _given, ...order } = workOrder;
  return [observed, { type: 'PostUpgradePending', data: { workOrder: { ...order, deadlineAt } } }];
}
