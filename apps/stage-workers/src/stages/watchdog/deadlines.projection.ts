import type {
  DeadlineName,
  InFlightStatus,
  InstanceEvent,
  RecordedInstanceEvent,
  Transition,
  UpgradeStage,
  WorkOrder,
} from '@uplift/domain';
import { isInFlight, LIFECYCLE, statusAfter } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';

/** How long each deadline of the lifecycle table is, in ms. */
export type DeadlineLimits = Readonly<Record<DeadlineName, number>>;

/** What an instance says it waits for, and since when. */
export interface OpenWait {
  readonly target: string;
  /** RFC 3339 */
  readonly since: string;
}

/** One instance in flight, and until when its owner has time. Times in ms since 1970, as the store gave them. */
export interface RunningDeadline {
  readonly instanceId: string;
  /** The newest event of the instance. */
  readonly eventId: string;
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

type Row = Omit<RunningDeadline, 'since' | 'limitMs'> & {
  readonly run: DeadlineRun;
  /** Time of the attempt's first `…Started`. */
  readonly startedAt: number | null;
};

/** Who owes what until when, folded from all events: nothing in it that the store does not hold. */
export class DeadlineProjection {
  private readonly rows = new Map<string, Row>();

  constructor(
    private readonly limits: DeadlineLimits,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.rows.size;
  }

  record(recorded: RecordedInstanceEvent): void {
    const { instanceId, eventId, revision, at: touchedAt, event } = recorded;
    const before = this.rows.get(instanceId);
    const order = 'workOrder' in event.data ? event.data.workOrder : before?.order;
    const status = statusAfter(event, before?.status ?? 'new');
    if (order === undefined || !isInFlight(status)) {
      this.rows.delete(instanceId);
      return;
    }
    const owner = ownerAfter(event, before);
    const run = this.runAfter(event, before?.run, {
      at: touchedAt,
      seenAt: this.clock.monotonic(),
    });
    const waitingFor = waitAfter(event, before);
    const startedAt = startAfter(recorded, before);
    const newest = { instanceId, eventId, revision, touchedAt };
    this.rows.set(instanceId, { ...newest, order, status, owner, run, startedAt, waitingFor });
  }

  /**
   * Everything past its own deadline or, with the limit cut to it, the attempt's.
   * @param now null if no clock can be believed: time then counts from when this process saw the event
   */
  overdue(now: number | null): OverdueDeadline[] {
    return [...this.rows.values()].flatMap((row) => {
      const { since, seenAt, limitMs } = row.run;
      const waitedMs = now === null ? this.clock.monotonic() - seenAt : now - since;
      const attemptMs = Math.max(0, attemptEndOf(row) - since);
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

/** Time of the end of the whole attempt. */
function attemptEndOf({ order: { attemptMs, deadlineAt }, startedAt }: Row): number {
  if (deadlineAt !== undefined) return Date.parse(deadlineAt);
  if (attemptMs === undefined || startedAt === null) return Number.POSITIVE_INFINITY;
  return startedAt + attemptMs;
}

function startAfter({ event, at }: RecordedInstanceEvent, before: Row | undefined): number | null {
  if (event.type === 'UpgradeRetried') return null;
  return before?.startedAt ?? (event.type.endsWith('Started') ? at : null);
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

/** One deadline as it runs. Times in ms; those of events are since 1970. */
export interface DeadlineRun {
  /** Event time from which `limitMs` counts. */
  readonly since: number;
  /** Monotonic time when this process saw that event. */
  readonly seenAt: number;
  /** Infinity while suspended. */
  readonly limitMs: number;
  /** The limit before anything was waited for. */
  readonly wholeMs: number;
  /** What was left when the wait began; null while the deadline runs. */
  readonly leftMs: number | null;
}

export interface Moment {
  /** Time of the event. */
  readonly at: number;
  /** Monotonic time when this process saw it. */
  readonly seenAt: number;
}

/** Least share of its limit that an owner gets after a wait: somebody must have time to act. */
const LEAST_SHARE = 1 / 4;

export function startRun(limitMs: number, { at, seenAt }: Moment): DeadlineRun {
  return { since: at, seenAt, limitMs, wholeMs: limitMs, leftMs: null };
}

/** @param waitSince when the wait began, as a worker's clock has it: believed only within the time of this run */
export function suspendRun(
  run: DeadlineRun,
  waitSince: number,
  { at, seenAt }: Moment,
): DeadlineRun {
  if (run.leftMs !== null) return run;
  const stoodStillAt = Math.min(Math.max(waitSince, run.since), at);
  const leftMs = Math.max(0, run.limitMs - (stoodStillAt - run.since));
  return { ...run, since: at, seenAt, limitMs: Number.POSITIVE_INFINITY, leftMs };
}

export function resumeRun(run: DeadlineRun, { at, seenAt }: Moment): DeadlineRun {
  const leftMs = run.leftMs ?? run.limitMs - (at - run.since);
  const limitMs = Math.ceil(Math.max(leftMs, run.wholeMs * LEAST_SHARE));
  return { ...run, since: at, seenAt, limitMs, leftMs: null };
}
