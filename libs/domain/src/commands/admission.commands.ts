import { StatusNotAllowedError, UpgradeNotInFlightError } from '../instance/instance.errors';
import type { Attempt } from '../instance/instance.events';
import { LIFECYCLE } from '../instance/instance.lifecycle';
import { workOrderOf } from '../instance/instance.state';
import type { Priority } from '../instance/work-order';
import type { CommandRow, CommandRows } from './command-row';

/** What an operator may change while an upgrade waits for admission. */
export interface PriorityCommands {
  PrioritizeUpgrade: {
    readonly upgradeId: string;
    readonly priority: Priority;
    readonly requestedBy: string;
    readonly reason: string;
  };
}

/** What ends the waiting for admission, but for the start itself. */
export interface ExpiryCommands {
  /** The time to start by is over; whoever says so has looked at the store's time. */
  ExpireUpgrade: Attempt;
}

const { from: WAITING } = LIFECYCLE.UpgradePrioritized;

const prioritizeUpgrade: CommandRow<PriorityCommands['PrioritizeUpgrade']> = {
  in: WAITING,
  decide({ upgradeId, ...data }, { workOrder, status }) {
    if (workOrder.upgradeId !== upgradeId) throw new UpgradeNotInFlightError(status, upgradeId);
    const { attempt } = workOrder;
    return workOrder.priority === data.priority
      ? []
      : [{ type: 'UpgradePrioritized', data: { upgradeId, attempt, ...data } }];
  },
  elsewhere({ upgradeId, priority }, state) {
    const order = workOrderOf(state);
    if (order?.upgradeId === upgradeId && order.priority === priority) return [];
    if (order?.upgradeId !== upgradeId || state.kind === 'resting') {
      throw new UpgradeNotInFlightError(state.status, upgradeId);
    }
    throw new StatusNotAllowedError('PrioritizeUpgrade', state.status, WAITING);
  },
};

export const PRIORITY = { PrioritizeUpgrade: prioritizeUpgrade };

export const EXPIRY: CommandRows<ExpiryCommands> = {
  /** A later attempt takes up what had begun: nothing of it expires, and nothing that an operator holds. */
  ExpireUpgrade: {
    in: LIFECYCLE.UpgradeExpired.from,
    decide(data, { workOrder: { startBy, attempt, originStatus, repairs, parked } }) {
      if (startBy === undefined || attempt > 1 || parked) return [];
      const status = repairs ?? originStatus;
      return [{ type: 'UpgradeExpired', data: { ...data, status, startBy } }];
    },
  },
};
