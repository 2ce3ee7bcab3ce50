import type {
  DeadlineName,
  InFlightStatus,
  InstanceEvent,
  RecordedInstanceEvent,
  Transition,
  UpgradeStage,
  WorkOrder,
} from '@uplift/domain';
import { isInFlight, LIFECYCLE, opensStage, statusAfter } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type { DeadlineRun, Moment, Now } from './deadline-run';
import { isOver, resumeRun, startRun, suspendRun } from './deadline-run';

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
  /** The whole attempt has had its time. */
  readonly isAttemptOver: boolean;
  /** It was not begun by the time that its request had named. */
  readonly isExpired: boolean;
}

type Row = Omit<RunningDeadline, 'since' | 'limitMs'> & AttemptClocks;

interface AttemptClocks {
  /** Time of the event with which the attempt was asked for. */
  readonly openedAt: number;
  /** Of whoever must act next. */
  readonly step: DeadlineRun;
  /** Of the whole attempt; null before its first `…Started`. */
  readonly attempt: DeadlineRun | null;
  /** An operator holds the instance. */
  readonly isParked: boolean;
}

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
    const moment = { at: touchedAt, seenAt: this.clock.monotonic() };
    const newest = { instanceId, eventId, revision, touchedAt, order, status };
    const clocks = this.clocksAfter(event, before, { order, moment });
    const waitingFor = waitAfter(event, before);
    this.rows.set(instanceId, {
      ...newest,
      owner: ownerAfter(event, before),
      waitingFor,
      ...clocks,
    });
  }

  /**
   * Everything past its own deadline or the attempt's.
   * @param storeTime null if it is not known
   */
  overdue(storeTime: number | null): OverdueDeadline[] {
    const now: Now = { store: storeTime, monotonic: this.clock.monotonic() };
    return [...this.rows.values()].flatMap((row): OverdueDeadline[] => {
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

  /** Everything that says of itself that it waits. */
  waiting(): RunningDeadline[] {
    return [...this.rows.values()].flatMap((row) =>
      row.waitingFor === null ? [] : [{ ...row, ...limitOf(row.step) }],
    );
  }

  private clocksAfter(
    event: InstanceEvent,
    before: Row | undefined,
    { order, moment }: { readonly order: WorkOrder; readonly moment: Moment },
  ): AttemptClocks {
    const ofAttempt = opensAttempt(event) ? undefined : before;
    const openedAt = ofAttempt?.openedAt ?? moment.at;
    const isParked = isParkedAfter(event, before);
    const whole = startRun(wholeTimeOf(order, openedAt), moment);
    const attempt = attemptAfter(event, ofAttempt?.attempt ?? null, whole, moment);
    const step = this.stepAfter(event, before?.step, moment);
    const clocks = { openedAt, isParked, step, attempt };
    return isParked ? held(clocks, moment) : clocks;
  }

  private stepAfter(
    event: InstanceEvent,
    before: DeadlineRun | undefined,
    moment: Moment,
  ): DeadlineRun {
    const deadline = deadlineOf(event);
    const run = before ?? startRun(this.limits.pending, moment);
    if (deadline === 'suspended') return suspendRun(run, waitBegin(event, moment), moment);
    if (deadline === 'resumed') return resumeRun(run, moment);
    return isNamed(deadline) ? startRun(this.limits[deadline], moment) : run;
  }
}

/** A later attempt takes up what had begun: nothing of it expires. */
function hasExpired({ status, order }: Row, storeTime: number | null): boolean {
  const { startBy, attempt } = order;
  const mayExpire = status === 'pending-pre-upgrade' && attempt === 1 && startBy !== undefined;
  return mayExpire && storeTime !== null && Date.parse(startBy) <= storeTime;
}

type DeadlineRule = Transition['deadline'];

function deadlineOf({ type }: InstanceEvent): DeadlineRule {
  return LIFECYCLE[type].deadline;
}

function isNamed(deadline: DeadlineRule): deadline is DeadlineName {
  return deadline !== null && !['kept', 'suspended', 'resumed'].includes(deadline);
}

/** When a wait began, as whoever told of it has it. */
function waitBegin({ data }: InstanceEvent, { at }: Moment): number {
  return 'since' in data ? Date.parse(data.since) : at;
}

/** The clock of the attempt begins with the first work, and stands still in every wait that is told. */
function attemptAfter(
  event: InstanceEvent,
  run: DeadlineRun | null,
  whole: DeadlineRun,
  moment: Moment,
): DeadlineRun | null {
  if (run === null) return event.type.endsWith('Started') ? whole : null;
  const deadline = deadlineOf(event);
  if (deadline === 'suspended') return suspendRun(run, waitBegin(event, moment), moment);
  const goesOn = deadline === 'resumed' || isNamed(deadline);
  return goesOn && run.leftMs !== null ? resumeRun(run, moment, 0) : run;
}

/** Old orders name the end of the attempt instead. */
function wholeTimeOf({ attemptMs, deadlineAt }: WorkOrder, openedAt: number): number {
  if (attemptMs !== undefined) return attemptMs;
  if (deadlineAt === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, Date.parse(deadlineAt) - openedAt);
}

/** Whatever happens to an instance that an operator holds, no deadline runs. */
function held({ step, attempt, ...clocks }: AttemptClocks, moment: Moment): AttemptClocks {
  const suspended = (run: DeadlineRun) => suspendRun(run, moment.at, moment);
  return { ...clocks, step: suspended(step), attempt: attempt && suspended(attempt) };
}

function opensAttempt({ type }: InstanceEvent): boolean {
  return type === 'UpgradeRequested' || type === 'UpgradeRetried';
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

function waitAfter(event: InstanceEvent, before: Row | undefined): OpenWait | null {
  const { type, data } = event;
  if (type === 'WaitingFor') return { target: data.target, since: data.since };
  if (type === 'WaitEnded' || opensStage(event)) return null;
  return before?.waitingFor ?? null;
}

const PARKS = 'InstanceParked' as string;

function isParkedAfter({ type, data }: InstanceEvent, before: Row | undefined): boolean {
  if (type === PARKS) return true;
  return 'workOrder' in data ? false : (before?.isParked ?? false);
}
