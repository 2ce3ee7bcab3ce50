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
  readonly order: WorkOrder;
  readonly status: InFlightStatus;
  readonly owner: UpgradeStage;
  readonly since: number;
  readonly limitMs: number;
}

/** Who owes what until when, folded from all events: nothing in it that the store does not hold. */
export class DeadlineBook {
  private readonly rows = new Map<string, RunningDeadline>();

  constructor(private readonly limits: DeadlineLimits) {}

  get size(): number {
    return this.rows.size;
  }

  record(recorded: RecordedInstanceEvent): void {
    const { instanceId, event } = recorded;
    const before = this.rows.get(instanceId);
    const order = 'workOrder' in event.data ? event.data.workOrder : before?.order;
    const status = statusAfter(event, before?.status ?? 'new');
    if (order === undefined || !isInFlight(status)) {
      this.rows.delete(instanceId);
      return;
    }
    const { owner }: Transition = LIFECYCLE[event.type];
    const limit = this.limitAfter(recorded, before);
    this.rows.set(instanceId, {
      instanceId,
      order,
      status,
      owner: ownerOf(owner, before),
      ...limit,
    });
  }

  /** Everything past its own deadline or, with the limit cut to it, the attempt's. */
  overdue(now: number): RunningDeadline[] {
    return [...this.rows.values()]
      .map((row) => ({ ...row, limitMs: Math.min(row.limitMs, timeLeftAt(row)) }))
      .filter(({ since, limitMs }) => since + limitMs <= now);
  }

  private limitAfter(
    { event, at }: RecordedInstanceEvent,
    before: RunningDeadline | undefined,
  ): Pick<RunningDeadline, 'since' | 'limitMs'> {
    const { deadline }: Transition = LIFECYCLE[event.type];
    if (deadline !== 'kept' && deadline !== null) {
      return { since: at, limitMs: this.limits[deadline] };
    }
    return { since: before?.since ?? at, limitMs: before?.limitMs ?? this.limits.pending };
  }
}

function timeLeftAt({ order, since }: RunningDeadline): number {
  return Date.parse(order.deadlineAt) - since;
}

function ownerOf(owner: Transition['owner'], before: RunningDeadline | undefined): UpgradeStage {
  return owner === null || owner === 'named-in-data' ? (before?.owner ?? 'pre-upgrade') : owner;
}
