import type { InstanceStatus, UpgradeStage } from '../status';
import { IN_FLIGHT_STATUSES } from '../status';
import type { Attempt, InstanceEventData } from '../instance/instance.events';
import { failureIn } from '../instance/stage-failure';
import type { CommandRows } from './command-row';

/** An attempt that does not get on: held up, past its deadline, or given up by its worker. */
export interface WaitingCommands {
  RecordWait: InstanceEventData['WaitingFor'];
  EndWait: InstanceEventData['WaitEnded'];
  TimeOutStage: Attempt & {
    readonly seenStatus: InstanceStatus;
    readonly stage: UpgradeStage;
    readonly since: string;
    readonly limitMs: number;
    readonly reason?: string;
  };
  NoteStillWaiting: InstanceEventData['StillWaiting'];
  ParkStage: InstanceEventData['StageParked'];
}

export const WAITING: CommandRows<WaitingCommands> = {
  /** Nothing while it waits for the same, nor of an outage that is known to have ended since. */
  RecordWait: {
    in: IN_FLIGHT_STATUSES,
    decide(data, { notes: { waitingFor, endedWait } }) {
      const { target, since } = data;
      const isOver = target === endedWait?.target && since <= endedWait.endedAt;
      return isOver || target === waitingFor?.target ? [] : [{ type: 'WaitingFor', data }];
    },
  },
  EndWait: {
    in: IN_FLIGHT_STATUSES,
    decide: (data, { notes }) =>
      data.target === notes.waitingFor?.target ? [{ type: 'WaitEnded', data }] : [],
  },
  /** Nothing if the instance has moved on since it was looked at, or is held by an operator. */
  TimeOutStage: {
    in: IN_FLIGHT_STATUSES,
    decide({ seenStatus, ...timeout }, { status, deployment, notes, workOrder }) {
      if (status !== seenStatus || workOrder.parked) return [];
      const { upgradeId, attempt, stage, since, limitMs } = timeout;
      const buildName = deployment?.buildName ?? null;
      const waitingFor = notes.waitingFor?.target ?? null;
      const { reason: detail } = timeout;
      const seen = { stage, status, since, limitMs, buildName, waitingFor };
      const evidence = detail === undefined ? seen : { ...seen, detail };
      const failure = { reason: 'stage-timed-out', evidence, retryable: true } as const;
      return [
        { type: 'StageTimedOut', data: { ...timeout, status } },
        failureIn(status, { upgradeId, attempt, ...failure }),
      ];
    },
  },
  NoteStillWaiting: {
    in: IN_FLIGHT_STATUSES,
    decide(data, { notes, workOrder }) {
      const waitsFor = workOrder.parked ? 'operator' : notes.waitingFor?.target;
      return data.target === waitsFor ? [{ type: 'StillWaiting', data }] : [];
    },
  },
  ParkStage: {
    in: IN_FLIGHT_STATUSES,
    decide: (data, { notes }) =>
      data.eventId === notes.parkedEventId ? [] : [{ type: 'StageParked', data }],
  },
};
