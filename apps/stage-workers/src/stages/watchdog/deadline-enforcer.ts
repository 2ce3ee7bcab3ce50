import type { Actor } from '@uplift/contracts';
import type { Attempt, Evidence, InstanceCommandOf } from '@uplift/domain';
import type { CommandHandler, LoadedInstance } from '@uplift/event-store';
import { RevisionConflictError } from '@uplift/event-store';
import type { OpenWait } from './deadline-row';
import type { RunningDeadline } from './deadlines.projection';

type Finding = InstanceCommandOf<
  | 'TimeOutStage'
  | 'RecordWait'
  | 'EndWait'
  | 'NoteStillWaiting'
  | 'RedriveStalledStage'
  | 'ExpireUpgrade'
>;

/** How often the watchdog offers a stage again by itself before it fails it. */
export const MOST_REDRIVES = 3;

/** Writes what a look at the deadlines leads to, after a last look at the stream itself. */
export class DeadlineEnforcer {
  constructor(
    private readonly commands: CommandHandler,
    private readonly actor: Actor,
  ) {}

  /** Ends a stage that is past its deadline. */
  timeOut(row: RunningDeadline, reason?: string): Promise<void> {
    const { status: seenStatus, owner: stage, limitMs } = row;
    const since = new Date(row.since).toISOString();
    const why = reason === undefined ? {} : { reason };
    const data = { ...attemptOf(row), seenStatus, stage, since, limitMs, ...why };
    return this.submit(row, { type: 'TimeOutStage', data });
  }

  /** Offers a stage that nobody has answered for to its workers once more. */
  redrive(row: RunningDeadline): Promise<void> {
    const data = { ...attemptOf(row), seenStatus: row.status, most: MOST_REDRIVES };
    return this.submit(row, { type: 'RedriveStalledStage', data });
  }

  /** Says why a stage has not been able to keep its deadline. */
  explain(row: RunningDeadline, wait: OpenWait): Promise<void> {
    const data = { ...attemptOf(row), ...wait, stage: row.owner };
    return this.submit(row, { type: 'RecordWait', data });
  }

  /** Says that the wait lasts. */
  remind(row: RunningDeadline, { target, since }: OpenWait, changed: Evidence): Promise<void> {
    const data = { ...attemptOf(row), target, since, changed };
    return this.submit(row, { type: 'NoteStillWaiting', data });
  }

  /** Lets the deadline run on. */
  endWait(row: RunningDeadline, { target }: OpenWait, waitedMs: number): Promise<void> {
    return this.submit(row, { type: 'EndWait', data: { ...attemptOf(row), target, waitedMs } });
  }

  /** Ends an upgrade that could not begin in time. */
  expire(row: RunningDeadline): Promise<void> {
    return this.submit(row, { type: 'ExpireUpgrade', data: attemptOf(row) });
  }

  private async submit(row: RunningDeadline, command: Finding): Promise<void> {
    const { instanceId, revision, eventId, order } = row;
    const cause = {
      causationId: eventId,
      step: command.type,
      correlationId: order.upgradeId,
      actor: this.actor,
    };
    // Of an instance that has moved on the next round sees what is due then.
    const onLoad = ({ head }: LoadedInstance) => (head.revision === revision ? undefined : 'moved');
    try {
      await this.commands.handle({ instanceId, command, cause }, { tries: 1, onLoad });
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}

function attemptOf({ order: { upgradeId, attempt } }: RunningDeadline): Attempt {
  return { upgradeId, attempt };
}
