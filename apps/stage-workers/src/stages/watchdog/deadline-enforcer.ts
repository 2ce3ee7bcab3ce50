import type { Actor } from '@uplift/contracts';
import type { Attempt, InstanceCommandOf } from '@uplift/domain';
import type { CommandHandler, LoadedInstance } from '@uplift/event-store';
import { RevisionConflictError } from '@uplift/event-store';
import type { OpenWait, RunningDeadline } from './deadlines.projection';
import type { WaitReason } from './wait-reasons';

type Finding = InstanceCommandOf<'TimeOutStage' | 'ExpireUpgrade' | 'RecordWait' | 'EndWait'>;

/** Writes what a look at the deadlines leads to, after a last look at the stream itself. */
export class DeadlineEnforcer {
  constructor(
    private readonly commands: CommandHandler,
    private readonly actor: Actor,
  ) {}

  /** Ends a stage that is past its deadline. */
  timeOut(row: RunningDeadline): Promise<void> {
    const { status: seenStatus, owner: stage, limitMs } = row;
    const since = new Date(row.since).toISOString();
    const data = { ...attemptOf(row), seenStatus, stage, since, limitMs };
    return this.submit(row, { type: 'TimeOutStage', data });
  }

  /** Ends what was not begun by the time that its request had named. */
  expire(row: RunningDeadline): Promise<void> {
    return this.submit(row, { type: 'ExpireUpgrade', data: attemptOf(row) });
  }

  /** Says why a stage has not been able to keep its deadline. */
  explain(row: RunningDeadline, reason: WaitReason): Promise<void> {
    const data = { ...attemptOf(row), ...reason, stage: row.owner };
    return this.submit(row, { type: 'RecordWait', data });
  }

  /** Lets the deadline run on. */
  endWait(row: RunningDeadline, { target }: OpenWait, waitedMs: number): Promise<void> {
    return this.submit(row, { type: 'EndWait', data: { ...attemptOf(row), target, waitedMs } });
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
