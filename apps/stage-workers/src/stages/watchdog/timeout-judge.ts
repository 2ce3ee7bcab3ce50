import type { Actor } from '@uplift/contracts';
import type { InstanceCommandOf } from '@uplift/domain';
import { decide } from '@uplift/domain';
import type { InstanceHistory } from '@uplift/event-store';
import { RevisionConflictError } from '@uplift/event-store';
import type { RunningDeadline } from './deadline-book';

/** Ends a stage that is past its deadline, after a last look at the stream itself. */
export class TimeoutJudge {
  constructor(
    private readonly history: InstanceHistory,
    private readonly actor: Actor,
  ) {}

  async judge(deadline: RunningDeadline): Promise<void> {
    const { state, head, events } = await this.history.load(deadline.instanceId);
    const last = events.at(-1);
    // The instance has moved on: the next round sees whether it is still late.
    if (last?.revision !== deadline.revision) return;
    const due = decide(commandFor(deadline), state);
    if (due.length === 0) return;
    try {
      await this.history.append(deadline.instanceId, head, due, {
        causationId: last.id,
        step: 'TimeOutStage',
        correlationId: deadline.order.upgradeId,
        actor: this.actor,
      });
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}

function commandFor({
  order: { upgradeId, attempt },
  status: seenStatus,
  owner: stage,
  since,
  limitMs,
}: RunningDeadline): InstanceCommandOf<'TimeOutStage'> {
  const data = {
    upgradeId,
    attempt,
    seenStatus,
    stage,
    since: new Date(since).toISOString(),
    limitMs,
  };
  return { type: 'TimeOutStage', data };
}
