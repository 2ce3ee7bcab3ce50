import type { Attempt, Evidence, KnownFailure, ProbeResult } from '../instance/instance.events';
import { producing, type CommandRows } from './command-row';

export interface VerificationCommands {
  VerifyHealthy: Attempt & {
    readonly probes: readonly ProbeResult[];
    readonly evidence?: Evidence;
  };
  FindUnhealthy: KnownFailure;
  FindUnresponsive: KnownFailure;
}

export const VERIFICATION: CommandRows<VerificationCommands> = {
  VerifyHealthy: {
    in: ['post-upgrade-completed'],
    decide(data, { workOrder: { originStatus: status, cancelRequested } }) {
      const type = cancelRequested ? 'UpgradeCancelled' : 'InstanceVerifiedHealthy';
      return [{ type, data: { ...data, status } }];
    },
  },
  FindUnhealthy: { in: ['post-upgrade-completed'], decide: producing('InstanceFoundUnhealthy') },
  FindUnresponsive: {
    in: ['post-upgrade-completed'],
    decide: producing('InstanceFoundUnresponsive'),
  },
};
