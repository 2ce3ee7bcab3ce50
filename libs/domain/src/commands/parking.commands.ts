import { NotParkedError, UpgradeNotInFlightError } from '../instance/instance.errors';
import type { AskedBy, InstanceEvent } from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type { KnownInstance, UpgradingInstance } from '../instance/instance.state';
import type { InFlightStatus, UpgradeStage } from '../status';
import { IN_FLIGHT_STATUSES } from '../status';
import type { CommandRow } from './command-row';

/** An upgrade in flight is held, let go, or offered to its workers again. */
export interface ParkingCommands {
  ParkInstance: AskedBy;
  UnparkInstance: AskedBy;
  RedriveStage: AskedBy & { readonly upgradeId: string };
  /** The watchdog's: nothing once it has done so `most` times, or if the instance has moved on. */
  RedriveStalledStage: {
    readonly upgradeId: string;
    readonly attempt: number;
    readonly seenStatus: InFlightStatus;
    readonly most: number;
  };
}

const parkInstance: CommandRow<ParkingCommands['ParkInstance']> = {
  in: IN_FLIGHT_STATUSES,
  decide({ requestedBy, reason }, { workOrder: { upgradeId, attempt, parked } }) {
    if (parked) return [];
    return [eventOf('InstanceParked', { upgradeId, attempt, requestedBy, reason })];
  },
  elsewhere: notInFlight,
};

/** The stage is offered again: its message was let go while nothing could be done. */
const unparkInstance: CommandRow<ParkingCommands['UnparkInstance']> = {
  in: IN_FLIGHT_STATUSES,
  decide(asked, state) {
    const { parked, ...workOrder } = state.workOrder;
    if (!parked) throw new NotParkedError(state.status);
    const free = { ...state, workOrder };
    return [eventOf('InstanceUnparked', { workOrder, ...asked }), redriven(free, asked)];
  },
  elsewhere: notInFlight,
};

const redriveStage: CommandRow<ParkingCommands['RedriveStage']> = {
  in: IN_FLIGHT_STATUSES,
  decide({ upgradeId, ...asked }, state) {
    if (state.workOrder.upgradeId === upgradeId) return [redriven(state, asked)];
    throw new UpgradeNotInFlightError(state.status, upgradeId);
  },
  elsewhere({ upgradeId }, { status }) {
    throw new UpgradeNotInFlightError(status, upgradeId);
  },
};

const redriveStalledStage: CommandRow<ParkingCommands['RedriveStalledStage']> = {
  in: IN_FLIGHT_STATUSES,
  decide({ seenStatus, most }, state) {
    const { status, workOrder, notes } = state;
    const isDue = status === seenStatus && !workOrder.parked && notes.redriven.byWatchdog < most;
    return isDue ? [redriven(state)] : [];
  },
};

function redriven(state: UpgradingInstance, asked: Partial<AskedBy> = {}): InstanceEvent {
  const { workOrder, notes } = state;
  const stage = stageOf(state);
  return eventOf('StageRedriven', { workOrder, stage, n: notes.redriven.n + 1, ...asked });
}

const STAGE_OF: Record<InFlightStatus, UpgradeStage> = {
  'pending-pre-upgrade': 'pre-upgrade',
  'pre-upgrade-running': 'pre-upgrade',
  'pre-upgrade-completed': 'pre-upgrade',
  'pending-upgrade': 'upgrade',
  'upgrade-running': 'upgrade',
  'upgrade-completed': 'poll-upgrade',
  'pending-post-upgrade': 'post-upgrade',
  'post-upgrade-running': 'post-upgrade',
  'post-upgrade-completed': 'poll-upgrade',
};

/**
 * Whose turn it is: a build that Lagoon has named, and what a cancel waits for, is followed by another worker than the
 * call for it.
 */
export function stageOf({ status, deployment, call, workOrder }: UpgradingInstance): UpgradeStage {
  const isCancelled = workOrder.cancelRequested && call?.effect !== 'deployment';
  const isFollowed = deployment !== null && status === 'upgrade-running';
  return isCancelled || isFollowed ? 'poll-upgrade' : STAGE_OF[status];
}

function notInFlight(_asked: AskedBy, state: KnownInstance): never {
  const upgradeId = state.kind === 'resting' ? state.lastUpgrade?.workOrder.upgradeId : undefined;
  throw new UpgradeNotInFlightError(state.status, upgradeId ?? 'of the instance');
}

export const PARKING = {
  ParkInstance: parkInstance,
  UnparkInstance: unparkInstance,
  RedriveStage: redriveStage,
  RedriveStalledStage: redriveStalledStage,
};
