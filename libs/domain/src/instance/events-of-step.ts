import { deploymentEvents } from './events-of-deployment';
import type { InstanceCommandOf, WorkerCommand } from './instance.commands';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';
import { eventsOfTimeout } from './events-of-timeout';

/** What a due step produces; every caller has checked that it is due. */
export function eventsOfStep(
  command: WorkerCommand,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  switch (command.type) {
    case 'StartPreUpgrade':
      return [{ type: 'PreUpgradeStarted', data: command.data }];
    case 'CompletePreUpgrade':
      return preUpgradeCompleted(command, state);
    case 'FailPreUpgrade':
      return [{ type: 'PreUpgradeFailed', data: command.data }];
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
      return command.data.eventId === state.notes.parkedEventId
        ? []
        : [{ type: 'StageParked', data: command.data }];
    default:
      return deploymentEvents(command, state);
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
  { workOrder }: UpgradingInstance,
): readonly InstanceEvent[] {
  return [{ type: 'InstanceVerifiedHealthy', data: { ...data, status: workOrder.originStatus } }];
}
