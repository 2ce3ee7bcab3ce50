import type { Attempt, ByWorker, Failure, TaskReference } from '../instance/instance.events';
import type { CommandRows } from './command-row';

export interface PostUpgradeCommands {
  StartPostUpgrade: ByWorker;
  CompletePostUpgrade: Attempt & { readonly task: TaskReference | null };
  FailPostUpgrade: Failure;
}

export const POST_UPGRADE: CommandRows<PostUpgradeCommands> = {
  StartPostUpgrade: {
    in: ['pending-post-upgrade'],
    decide: (data) => [{ type: 'PostUpgradeStarted', data }],
  },
  CompletePostUpgrade: {
    in: ['post-upgrade-running'],
    decide: ({ task }, { workOrder }) => [
      { type: 'PostUpgradeCompleted', data: { workOrder, task } },
    ],
  },
  FailPostUpgrade: {
    in: ['pending-post-upgrade', 'post-upgrade-running'],
    decide: (data) => [{ type: 'PostUpgradeFailed', data }],
  },
};
