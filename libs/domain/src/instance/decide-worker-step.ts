import type { WorkerCommand, WorkerCommandType } from './instance.commands';
import { InstanceUnknownError, StepNotReachedError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { InFlightStatus } from './instance.lifecycle';
import { IN_FLIGHT_STATUSES } from './instance.lifecycle';
import type { InstanceState, RestingInstance, UpgradingInstance } from './instance.state';
import { eventsOfStep } from './events-of-step';

/** First and last status in which a step is due: before is ahead of its time, after is a repeat. */
const DUE: Record<WorkerCommandType, readonly [InFlightStatus, InFlightStatus]> = {
  StartPreUpgrade: ['pending-pre-upgrade', 'pending-pre-upgrade'],
  CompletePreUpgrade: ['pre-upgrade-running', 'pre-upgrade-running'],
  FailPreUpgrade: ['pending-pre-upgrade', 'pre-upgrade-running'],
  RequestDeployment: ['pending-upgrade', 'pending-upgrade'],
  RepeatDeployment: ['upgrade-running', 'upgrade-running'],
  AcceptDeployment: ['upgrade-running', 'upgrade-running'],
  ProgressDeployment: ['upgrade-running', 'upgrade-running'],
  RecordDuplicateBuilds: ['upgrade-running', 'upgrade-running'],
  CompleteUpgrade: ['upgrade-running', 'upgrade-running'],
  RefuseDeployment: ['upgrade-running', 'upgrade-running'],
  FailUpgrade: ['pending-upgrade', 'upgrade-running'],
  DeclareOutcomeUnknown: ['upgrade-running', 'upgrade-running'],
  StartPostUpgrade: ['pending-post-upgrade', 'pending-post-upgrade'],
  CompletePostUpgrade: ['post-upgrade-running', 'post-upgrade-running'],
  FailPostUpgrade: ['pending-post-upgrade', 'post-upgrade-running'],
  VerifyHealthy: ['post-upgrade-completed', 'post-upgrade-completed'],
  FindUnhealthy: ['post-upgrade-completed', 'post-upgrade-completed'],
  FindUnresponsive: ['post-upgrade-completed', 'post-upgrade-completed'],
  TimeOutStage: ['pending-pre-upgrade', 'post-upgrade-completed'],
  ParkStage: ['pending-pre-upgrade', 'post-upgrade-completed'],
};

/** A worker's report: nothing if late or repeated, refused if ahead of its time. */
export function decideWorkerStep(
  command: WorkerCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  if (state.kind === 'absent') throw new InstanceUnknownError();
  if (state.kind === 'resting') return afterTheEnd(command, state);
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

/** A success that comes after the failure was recorded is a fact worth keeping, once. */
function afterTheEnd(command: WorkerCommand, state: RestingInstance): readonly InstanceEvent[] {
  const { lastUpgrade } = state;
  const isNews =
    command.type === 'CompleteUpgrade' &&
    state.status === 'upgrade-failed' &&
    lastUpgrade?.upgradeId === command.data.upgradeId &&
    lastUpgrade.attempt === command.data.attempt &&
    !lastUpgrade.lateOutcomeSeen;
  if (!isNews) return [];
  const { upgradeId, attempt, buildName } = command.data;
  return [
    { type: 'LateOutcomeObserved', data: { upgradeId, attempt, status: 'complete', buildName } },
  ];
}
