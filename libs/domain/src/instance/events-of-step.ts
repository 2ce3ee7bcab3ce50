import type { CallCommand } from './events-of-call';
import { eventsOfCall } from './events-of-call';
import type { DeploymentCommand } from './events-of-deployment';
import { deploymentEvents } from './events-of-deployment';
import type { ObservationCommand } from './events-of-observation';
import { eventsOfObservation } from './events-of-observation';
import type { ScriptCommand } from './events-of-script';
import { eventsOfScript } from './events-of-script';
import { eventsOfTimeout } from './events-of-timeout';
import { upgradeStarted, variableEvents } from './events-of-upgrade-start';
import type { WaitCommand } from './events-of-wait';
import { eventsOfWait } from './events-of-wait';
import type { InstanceCommandOf, WorkerCommand } from './instance.commands';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';

type StageCommand = Exclude<
  WorkerCommand,
  CallCommand | DeploymentCommand | ObservationCommand | ScriptCommand | WaitCommand
>;

/** What a due step produces; every caller has checked that it is due. */
export function eventsOfStep(
  command: WorkerCommand,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  switch (command.type) {
    case 'NoteAmbiguousCall':
    case 'RepeatCall':
    case 'RefuseCall':
    case 'RetryCall':
      return eventsOfCall(command, state);
    case 'RequestScript':
    case 'AcceptScript':
      return eventsOfScript(command, state);
    case 'AcceptDeployment':
    case 'RecordDuplicateBuilds':
    case 'CompleteUpgrade':
    case 'FailUpgrade':
    case 'DeclareOutcomeUnknown':
    case 'ConfirmCancel':
      return deploymentEvents(command, state);
    case 'ProgressDeployment':
    case 'SupersedeDeployment':
    case 'ReportInvisibleBuild':
    case 'ReportUnstartedBuild':
      return eventsOfObservation(command, state);
    case 'RecordWait':
    case 'EndWait':
      return eventsOfWait(command, state);
    default:
      return eventsOfStage(command, state);
  }
}

function eventsOfStage(command: StageCommand, state: UpgradingInstance): readonly InstanceEvent[] {
  switch (command.type) {
    case 'StartPreUpgrade':
      return [{ type: 'PreUpgradeStarted', data: command.data }];
    case 'CompletePreUpgrade':
      return preUpgradeCompleted(command, state);
    case 'FailPreUpgrade':
      return [{ type: 'PreUpgradeFailed', data: command.data }];
    case 'RequestVariables':
    case 'RecordVariables':
      return variableEvents(command, state);
    case 'StartUpgrade':
      return upgradeStarted(command, state);
    case 'StartPostUpgrade':
      return [{ type: 'PostUpgradeStarted', data: command.data }];
    case 'CompletePostUpgrade':
      return postUpgradeCompleted(command, state);
    case 'FailPostUpgrade':
      return [{ type: 'PostUpgradeFailed', data: command.data }];
    case 'VerifyHealthy':
      return verifiedHealthy(command, state);
    case 'FindUnhealthy':
      return [{ type: 'InstanceFoundUnhealthy', data: command.data }];
    case 'FindUnresponsive':
      return [{ type: 'InstanceFoundUnresponsive', data: command.data }];
    case 'TimeOutStage':
      return eventsOfTimeout(command.data, state);
    case 'ParkStage':
      return parked(command, state);
    case 'RecordLateOutcome':
      return [];
  }
}

function preUpgradeCompleted(
  { data }: InstanceCommandOf<'CompletePreUpgrade'>,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { located, upgradeId, attempt, checks, task } = data;
  return [
    { type: 'PreUpgradeCompleted', data: { upgradeId, attempt, checks, task } },
    { type: 'UpgradePending', data: { workOrder: { ...state.workOrder, located } } },
  ];
}

function postUpgradeCompleted(
  { data: { task } }: InstanceCommandOf<'CompletePostUpgrade'>,
  { workOrder }: UpgradingInstance,
): readonly InstanceEvent[] {
  return [{ type: 'PostUpgradeCompleted', data: { workOrder, task } }];
}

function verifiedHealthy(
  { data }: InstanceCommandOf<'VerifyHealthy'>,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { originStatus: status, cancelRequested } = state.workOrder;
  if (cancelRequested === undefined) {
    return [{ type: 'InstanceVerifiedHealthy', data: { ...data, status } }];
  }
  const { upgradeId, attempt, probes } = data;
  return [{ type: 'UpgradeCancelled', data: { upgradeId, attempt, status, probes } }];
}

function parked(
  { data }: InstanceCommandOf<'ParkStage'>,
  { notes }: UpgradingInstance,
): readonly InstanceEvent[] {
  return data.eventId === notes.parkedEventId ? [] : [{ type: 'StageParked', data }];
}
