import type { Attempt, ByWorker, KnownFailure, TaskReference } from '../instance/instance.events';
import { producing, unlessStopped, type CommandRows } from './command-row';

export interface PostUpgradeCommands {
  StartPostUpgrade: ByWorker;
  CompletePostUpgrade: Attempt & { readonly task: TaskReference | null };
  FailPostUpgrade: KnownFailure;
}

export const POST_UPGRADE: CommandRows<PostUpgradeCommands> = {
  StartPostUpgrade: {
    in: ['pending-post-upgrade'],
    decide: unlessStopped(producing('PostUpgradeStarted')),
  },
  CompletePostUpgrade: {
    in: ['post-upgrade-running'],
    decide: ({ task }, { workOrder }) => [
      { type: 'PostUpgradeCompleted', data: { workOrder, task } },
    ],
  },
  FailPostUpgrade: {
    in: ['pending-post-upgrade', 'post-upgrade-running'],
    decide: producing('PostUpgradeFailed'),
  },
};
