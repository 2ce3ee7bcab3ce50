import type {
  InFlightStatus,
  RecordedInstanceEvent,
  Transition,
  UpgradeStage,
  WorkOrder,
} from '@uplift/domain';
import { isInFlight, LIFECYCLE, statusAfter } from '@uplift/domain';
import type { DeadlineLimits } from './deadline-limits';

/** One instance in flight, and until when its owner has time. Times in ms since 1970, as the store gave them. */
export interface RunningDeadline {
  readonly instanceId: string;
  /** Of the newest event of the instance. */
  readonly revision: number;
  readonly order: WorkOrder;
  readonly status: InFlightStatus;
  readonly owner: UpgradeStage;
  readonly since: number;
  readonly limitMs: number;
}

interface Row extends RunningDeadline {
  /** Monotonic time when this process saw the event the deadline runs from, in ms. */
  readonly seenAt: number;
}

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
    const { instanceId, revision, event } = recorded;
    const before = this.rows.get(instanceId);
    const order = 'workOrder' in event.data ? event.data.workOrder : before?.order;
    const status = statusAfter(event, before?.status ?? 'new');
    if (order === undefined || !isInFlight(status)) {
      this.rows.delete(instanceId);
      return;
    }
    const { owner }: Transition = LIFECYCLE[event.type];
    const { since, seenAt, limitMs } = this.limitAfter(recorded, before);
    this.rows.set(instanceId, {
      instanceId,
      revision,
      order,
      status,
      owner: ownerOf(owner, before),
      since,
      seenAt,
      limitMs,
    });
  }

  /**
   * Everything past its own deadline or, with the limit cut to it, the attempt's.
   * @param now null if no clock can be believed: time then counts from when this process saw the event
   */
  overdue(now: number | null): RunningDeadline[] {
    const waited = ({ since, seenAt }: Row) =>
      now === null ? this.monotonic() - seenAt : now - since;
    return [...this.rows.values()]
      .map((row) => ({ ...row, limitMs: Math.min(row.limitMs, timeLeftAt(row)) }))
      .filter((row) => row.limitMs <= waited(row));
  }

  private limitAfter(
    { event, at }: RecordedInstanceEvent,
    before: Row | undefined,
  ): Pick<Row, 'since' | 'seenAt' | 'limitMs'> {
    const { deadline }: Transition = LIFECYCLE[event.type];
    if (deadline !== 'kept' && deadline !== null) {
      return { since: at, seenAt: this.monotonic(), limitMs: this.limits[deadline] };
    }
    const { pending } = this.limits;
    return before ?? { since: at, seenAt: this.monotonic(), limitMs: pending };
  }
}

function timeLeftAt({ order, since }: RunningDeadline): number {
  return Math.max(0, Date.parse(order.deadlineAt) - since);
}

function ownerOf(owner: Transition['owner'], before: Row | undefined): UpgradeStage {
  return owner === null || owner === 'named-in-data' ? (before?.owner ?? 'pre-upgrade') : owner;
}
