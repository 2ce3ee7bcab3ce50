import type {
  Attempt,
  KnownFailure,
  Started,
  TaskReference,
  Timed,
} from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import { producing, unlessStopped, type CommandRows } from './command-row';

export interface PostUpgradeCommands {
  StartPostUpgrade: Started;
  CompletePostUpgrade: Attempt & Timed & { readonly task: TaskReference | null };
  FailPostUpgrade: KnownFailure & Timed;
}

export const POST_UPGRADE: CommandRows<PostUpgradeCommands> = {
  StartPostUpgrade: {
    in: ['pending-post-upgrade'],
    decide: unlessStopped(producing('PostUpgradeStarted')),
  },
  CompletePostUpgrade: {
    in: ['post-upgrade-running'],
    decide: ({ upgradeId: _id, attempt: _attempt, ...data }, { workOrder }) => [
      eventOf('PostUpgradeCompleted', { workOrder, ...data }),
    ],
  },
  FailPostUpgrade: {
    in: ['pending-post-upgrade', 'post-upgrade-running'],
    decide: producing('PostUpgradeFailed'),
  },
};
