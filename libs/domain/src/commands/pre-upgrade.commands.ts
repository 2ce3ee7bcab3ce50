import {
  type Attempt,
  type Check,
  eventOf,
  type KnownFailure,
  type Started,
  type TaskReference,
  type Timed,
} from '../instance/instance.events';
import type { LocatedEnvironment } from '../instance/work-order';
import { failing } from './cancel.commands';
import { producing, unlessStopped, type CommandRows } from './command-row';

export interface PreUpgradeCommands {
  StartPreUpgrade: Started;
  CompletePreUpgrade: Attempt &
    Timed & {
      readonly located: LocatedEnvironment;
      readonly checks: readonly Check[];
      readonly task: TaskReference | null;
    };
  FailPreUpgrade: KnownFailure & Timed;
}

export const PRE_UPGRADE: CommandRows<PreUpgradeCommands> = {
  StartPreUpgrade: {
    in: ['pending-pre-upgrade'],
    decide: unlessStopped(producing('PreUpgradeStarted')),
  },
  CompletePreUpgrade: {
    in: ['pre-upgrade-running'],
    decide({ located, ...data }, state) {
      if (state.workOrder.cancelRequested) return [];
      const workOrder = { ...state.workOrder, located };
      const next = workOrder.deployed === undefined ? 'UpgradePending' : 'PostUpgradePending';
      return [eventOf('PreUpgradeCompleted', data), eventOf(next, { workOrder })];
    },
  },
  FailPreUpgrade: {
    in: ['pending-pre-upgrade', 'pre-upgrade-running'],
    decide: (data, state) => failing('PreUpgradeFailed', data, state),
  },
};
