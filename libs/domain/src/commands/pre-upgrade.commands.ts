import {
  type Attempt,
  type ByWorker,
  type Check,
  eventOf,
  type KnownFailure,
  type TaskReference,
} from '../instance/instance.events';
import type { LocatedEnvironment } from '../instance/work-order';
import { producing, type CommandRows } from './command-row';

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
  StartPreUpgrade: { in: ['pending-pre-upgrade'], decide: producing('PreUpgradeStarted') },
  CompletePreUpgrade: {
    in: ['pre-upgrade-running'],
    decide: ({ located, ...data }, { workOrder }) => [
      eventOf('PreUpgradeCompleted', data),
      eventOf('UpgradePending', { workOrder: { ...workOrder, located } }),
    ],
  },
  FailPreUpgrade: {
    in: ['pending-pre-upgrade', 'pre-upgrade-running'],
    decide: producing('PreUpgradeFailed'),
  },
};
