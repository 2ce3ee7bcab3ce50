import {
  type Attempt,
  type ByWorker,
  type Check,
  eventOf,
  type KnownFailure,
  type TaskReference,
} from '../instance/instance.events';
import type { LocatedEnvironment } from '../instance/work-order';
import { producing, unlessParked, type CommandRows } from './command-row';

export interface PreUpgradeCommands {
  StartPreUpgrade: ByWorker;
  CompletePreUpgrade: Attempt & {
    readonly located: LocatedEnvironment;
    readonly checks: readonly Check[];
    readonly task: TaskReference | null;
  };
  FailPreUpgrade: KnownFailure;
}

export const PRE_UPGRADE: CommandRows<PreUpgradeCommands> = {
  StartPreUpgrade: {
    in: ['pending-pre-upgrade'],
    decide: unlessParked(producing('PreUpgradeStarted')),
  },
  CompletePreUpgrade: {
    in: ['pre-upgrade-running'],
    decide({ located, ...data }, state) {
      const workOrder = { ...state.workOrder, located };
      const next = workOrder.deployed === undefined ? 'UpgradePending' : 'PostUpgradePending';
      return [eventOf('PreUpgradeCompleted', data), eventOf(next, { workOrder })];
    },
  },
  FailPreUpgrade: {
    in: ['pending-pre-upgrade', 'pre-upgrade-running'],
    decide: producing('PreUpgradeFailed'),
  },
};
