import type {
  InFlightStatus,
  InstanceEvent,
  RecordedInstanceEvent,
  Transition,
  UpgradeStage,
  WorkOrder,
} from '@uplift/domain';
import { isInFlight, LIFECYCLE, statusAfter } from '@uplift/domain';
import type { DeadlineLimits } from './deadline-limits';
import type { DeadlineRun, Moment } from './deadline-run';
import { resumeRun, startRun, suspendRun } from './deadline-run';

/** What an instance says it waits for, and since when. */
export interface OpenWait {
  readonly target: string;
  /** RFC 3339 */
  readonly since: string;
}

/** One instance in flight, and until when its owner has time. Times in ms since 1970, as the store gave them. */
export interface RunningDeadline {
  readonly instanceId: string;
  /** Of the newest event of the instance. */
  readonly revision: number;
  /** Time of that event. */
  readonly touchedAt: number;
  readonly order: WorkOrder;
  readonly status: InFlightStatus;
  readonly owner: UpgradeStage;
  readonly waitingFor: OpenWait | null;
  readonly since: number;
  readonly limitMs: number;
}

export interface OverdueDeadline extends RunningDeadline {
  /** Past the end of the whole attempt, which nothing extends. */
  readonly isAttemptOver: boolean;
}

type Row = Omit<RunningDeadline, 'since' | 'limitMs'> & { readonly run: DeadlineRun };

/** Who owes what until when, folded from all events: nothing in it that the store does not hold. */
export class DeadlineBook {
  private readonly rows = new Map<string, Row>();

  constructor(
    private readonly limits: DeadlineLimits,
    private readonly monotonic: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.rows.size;
  }

  record(recorded: RecordedInstanceEvent): void {
    const { instanceId, revision, at: touchedAt, event } = recorded;
    const before = this.rows.get(instanceId);
    const order = 'workOrder' in event.data ? event.data.workOrder : before?.order;
    const status = statusAfter(event, before?.status ?? 'new');
    if (order === undefined || !isInFlight(status)) {
      this.rows.delete(instanceId);
      return;
    }
    const owner = ownerAfter(event, before);
    const run = this.runAfter(event, before?.run, { at: touchedAt, seenAt: this.monotonic() });
    const waitingFor = waitAfter(event, before);
    const row = { instanceId, revision, touchedAt, order, status, owner, run, waitingFor };
    this.rows.set(instanceId, row);
  }

  /**
   * Everything past its own deadline or, with the limit cut to it, the attempt's.
   * @param now null if no clock can be believed: time then counts from when this process saw the event
   */
  overdue(now: number | null): OverdueDeadline[] {
    return [...this.rows.values()].flatMap((row) => {
      const { since, seenAt, limitMs } = row.run;
      const waitedMs = now === null ? this.monotonic() - seenAt : now - since;
      const attemptMs = Math.max(0, Date.parse(row.order.deadlineAt) - since);
      if (waitedMs < Math.min(limitMs, attemptMs)) return [];
      const isAttemptOver = waitedMs >= attemptMs;
      return [{ ...row, since, limitMs: Math.min(limitMs, attemptMs), isAttemptOver }];
    });
  }

  /** Everything that says of itself that it waits. */
  waiting(): RunningDeadline[] {
    return [...this.rows.values()].flatMap((row) =>
      row.waitingFor === null ? [] : [{ ...row, ...limitOf(row.run) }],
    );
  }

  private runAfter(
    event: InstanceEvent,
    before: DeadlineRun | undefined,
    moment: Moment,
  ): DeadlineRun {
    const { deadline }: Transition = LIFECYCLE[event.type];
    const run = before ?? startRun(this.limits.pending, moment);
    if (event.type === 'WaitingFor') return suspendRun(run, Date.parse(event.data.since), moment);
    if (deadline === 'resumed') return resumeRun(run, moment);
    const isNamed = deadline !== null && deadline !== 'kept' && deadline !== 'suspended';
    return isNamed ? startRun(this.limits[deadline], moment) : run;
  }
}

function limitOf({ since, limitMs }: DeadlineRun): Pick<RunningDeadline, 'since' | 'limitMs'> {
  return { since, limitMs };
}

function ownerAfter({ type, data }: InstanceEvent, before: Row | undefined): UpgradeStage {
  if (type === 'StageRedriven') return data.stage;
  if (type === 'UpgradeRetried') return data.fromStage;
  const { owner }: Transition = LIFECYCLE[type];
  return owner ?? before?.owner ?? 'pre-upgrade';
}

function waitAfter({ type, data }: InstanceEvent, before: Row | undefined): OpenWait | null {
  if (type === 'WaitingFor') return { target: data.target, since: data.since };
  if (type === 'WaitEnded' || 'workOrder' in data) return null;
  return before?.waitingFor ?? null;
}
