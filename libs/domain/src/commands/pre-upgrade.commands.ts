import type { Attempt, ByWorker, Check, Failure, TaskReference } from '../instance/instance.events';
import type { LocatedEnvironment } from '../instance/work-order';
import type { CommandRows } from './command-row';

export interface PreUpgradeCommands {
  StartPreUpgrade: ByWorker;
  CompletePreUpgrade: Attempt & {
    readonly located: LocatedEnvironment;
    readonly checks: readonly Check[];
    readonly task: TaskReference | null;
  };
  FailPreUpgrade: Failure;
}

export const PRE_UPGRADE: CommandRows<PreUpgradeCommands> = {
  StartPreUpgrade: {
    in: ['pending-pre-upgrade'],
    decide: (data) => [{ type: 'PreUpgradeStarted', data }],
  },
  CompletePreUpgrade: {
    in: ['pre-upgrade-running'],
    decide: ({ located, ...data }, { workOrder }) => [
      { type: 'PreUpgradeCompleted', data },
      { type: 'UpgradePending', data: { workOrder: { ...workOrder, located } } },
    ],
  },
  FailPreUpgrade: {
    in: ['pending-pre-upgrade', 'pre-upgrade-running'],
    decide: (data) => [{ type: 'PreUpgradeFailed', data }],
  },
};
