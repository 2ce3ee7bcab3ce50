import type { Actor } from '@uplift/contracts';
import type { InstanceCommandOf } from '@uplift/domain';
import { decide } from '@uplift/domain';
import type { InstanceHistory } from '@uplift/event-store';
import { RevisionConflictError } from '@uplift/event-store';
import type { RunningDeadline } from './deadline-book';

/** A clock that differs more from the store's is not believed: waiting is the safer mistake. */
const LARGEST_CLOCK_DIFFERENCE_MS = 60_000;

/** Ends a stage that is past its deadline, after a last look at the stream itself. */
export class TimeoutJudge {
  constructor(
    private readonly history: InstanceHistory,
    private readonly actor: Actor,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param newestAt store time of the newest event seen, ms since 1970 */
  async judge(deadline: RunningDeadline, newestAt: number): Promise<void> {
    if (newestAt - this.now() > LARGEST_CLOCK_DIFFERENCE_MS) return;
    const { state, head, events } = await this.history.load(deadline.instanceId);
    const due = decide(commandFor(deadline), state);
    const last = events.at(-1);
    if (due.length === 0 || last === undefined) return;
    try {
      await this.history.append(deadline.instanceId, head, due, {
        causationId: last.id,
        step: 'TimeOutStage',
        correlationId: deadline.order.upgradeId,
        actor: this.actor,
      });
    } catch (error) {
      // The instance has moved on: the next round sees whether it is still late.
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
