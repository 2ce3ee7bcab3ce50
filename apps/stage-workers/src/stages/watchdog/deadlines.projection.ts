import type { RecordedInstanceEvent } from '@uplift/domain';
import type { TailFold } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import type { DeadlineLimits, DeadlineRow } from './deadline-row';
import { rowAfter } from './deadline-row';
import type { DeadlineRun, KeptRun, Now } from './deadline-run';
import { isOver, keptRun, knownRun } from './deadline-run';

/** One instance in flight, and until when its owner has time. */
export interface RunningDeadline extends DeadlineRow {
  readonly since: number;
  readonly limitMs: number;
}

export interface OverdueDeadline extends RunningDeadline {
  /** The whole attempt has had its time. */
  readonly isAttemptOver: boolean;
  /** It was not begun by the time that its request had named. */
  readonly isExpired: boolean;
}

/** A row as a checkpoint carries it. */
interface KeptRow extends Omit<DeadlineRow, 'step' | 'attempt'> {
  readonly step: KeptRun;
  readonly attempt: KeptRun | null;
}

/** Who owes what until when, folded from all events: nothing in it that the store does not hold. */
export class DeadlineProjection implements TailFold {
  readonly name = 'deadlines';
  private readonly rows = new Map<string, DeadlineRow>();
  /** Of the rows: no part of the fold, as no event says so. */
  private readonly givenUp = new Set<string>();

  constructor(
    private readonly limits: DeadlineLimits,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.rows.size - this.givenUp.size;
  }

  record(recorded: RecordedInstanceEvent): void {
    const { instanceId } = recorded;
    this.givenUp.delete(instanceId);
    const known = { limits: this.limits, seenAt: this.clock.monotonic() };
    const row = rowAfter(recorded, this.rows.get(instanceId), known);
    if (row === null) this.rows.delete(instanceId);
    else this.rows.set(instanceId, row);
  }

  /** Raise the version when the same events lead to other rows. */
  get basis(): unknown {
    return { version: 1, limits: this.limits };
  }

  entries(): Iterable<KeptRow> {
    const all = [...this.rows.values()];
    return (function* () {
      for (const row of all) {
        const { step, attempt } = row;
        yield { ...row, step: keptRun(step), attempt: attempt && keptRun(attempt) };
      }
    })();
  }

  clear(): void {
    this.rows.clear();
    this.givenUp.clear();
  }

  takeBack(entry: unknown): void {
    const { step, attempt, ...row } = entry as KeptRow;
    const seenAt = this.clock.monotonic();
    this.rows.set(row.instanceId, {
      ...row,
      step: knownRun(step, seenAt),
      attempt: attempt && knownRun(attempt, seenAt),
    });
  }

  /** Its history cannot be read any more. */
  forget(instanceId: string): void {
    this.rows.delete(instanceId);
    this.givenUp.delete(instanceId);
  }

  /** Nothing can be decided on it: it has no deadline until its next event, or the next start of a process. */
  giveUp(instanceId: string): void {
    if (this.rows.has(instanceId)) this.givenUp.add(instanceId);
  }

  /**
   * Everything past its own deadline or the attempt's.
   * @param storeTime null if it is not known
   */
  overdue(storeTime: number | null): OverdueDeadline[] {
    const now: Now = { store: storeTime, monotonic: this.clock.monotonic() };
    return this.all.flatMap((row): OverdueDeadline[] => {
      const { step, attempt } = row;
      const isExpired = hasExpired(row, storeTime);
      if (attempt !== null && isOver(attempt, now)) {
        const limit = { since: attempt.begunAt, limitMs: attempt.wholeMs };
        return [{ ...row, ...limit, isAttemptOver: true, isExpired }];
      }
      const isLate = isExpired || isOver(step, now);
      return isLate ? [{ ...row, ...limitOf(step), isAttemptOver: false, isExpired }] : [];
    });
  }

  /** Everything that says of itself that it waits, or that an operator holds. */
  waiting(): RunningDeadline[] {
    return this.all
      .filter(({ waitingFor }) => waitingFor !== null)
      .map((row) => ({ ...row, ...limitOf(row.step) }));
  }

  /** Without those that were given up on. */
  get all(): readonly DeadlineRow[] {
    return [...this.rows.values()].filter(({ instanceId }) => !this.givenUp.has(instanceId));
  }
}

/** A later attempt takes up what had begun: nothing of it expires. */
function hasExpired({ status, order }: DeadlineRow, storeTime: number | null): boolean {
  const { startBy, attempt } = order;
  const mayExpire = status === 'pending-pre-upgrade' && attempt === 1 && startBy !== undefined;
  return mayExpire && storeTime !== null && Date.parse(startBy) <= storeTime;
}

function limitOf({ since, limitMs }: DeadlineRun): Pick<RunningDeadline, 'since' | 'limitMs'> {
  return { since, limitMs };
}
