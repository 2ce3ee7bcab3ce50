import type {
  DeadlineName,
  DurableName,
  Evidence,
  InFlightStatus,
  InstanceEvent,
  RecordedInstanceEvent,
  Transition,
  UpgradeStage,
  WorkOrder,
} from '@uplift/domain';
import {
  isInFlight,
  isWaitForStart,
  LIFECYCLE,
  opensStage,
  placeIn,
  statusAfter,
} from '@uplift/domain';
import type { DeadlineRun, Moment } from './deadline-run';
import { resumeRun, startRun, suspendRun } from './deadline-run';

/** How long each deadline of the lifecycle table is, in ms. */
export type DeadlineLimits = Readonly<Record<DeadlineName, number>>;

/** What an instance says it waits for, and since when. */
export interface OpenWait {
  readonly target: string;
  /** RFC 3339 */
  readonly since: string;
  /** Among all that wait for the same. */
  readonly place?: number;
  /** RFC 3339 */
  readonly estimatedAt?: string;
  readonly evidence?: Evidence;
}

/** A wait as it was told last. */
export interface ToldWait extends OpenWait {
  /** When, in ms since 1970 as the store gave it. */
  readonly toldAt: number;
  /** What is waited for, too, while an operator holds the instance. */
  readonly under?: ToldWait | null;
}

/** An event that the bus hands to a stage, and that nothing of the stage has followed yet. */
export interface Offer {
  readonly durable: DurableName;
  readonly at: number;
}

/** What deadlines and waits depend on: there may be many rows. */
export type OrderInFlight = Pick<
  WorkOrder,
  'upgradeId' | 'attempt' | 'startBy' | 'attemptMs' | 'deadlineAt'
> & { readonly profile: Pick<WorkOrder['profile'], 'core'> };

/** One instance in flight. Times in ms since 1970, as the store gave them. */
export interface DeadlineRow extends AttemptClocks {
  readonly instanceId: string;
  /** The newest event of the instance. */
  readonly eventId: string;
  readonly revision: number;
  /** Time of that event. */
  readonly touchedAt: number;
  readonly order: OrderInFlight;
  readonly status: InFlightStatus;
  readonly owner: UpgradeStage;
  /** An operator who holds the instance is waited for, too. */
  readonly waitingFor: ToldWait | null;
  readonly offer: Offer | null;
  /** How often the watchdog has offered the stage again. */
  readonly redriven: number;
}

interface AttemptClocks {
  /** Time of the event with which the attempt was asked for. */
  readonly openedAt: number;
  /** Of whoever must act next. */
  readonly step: DeadlineRun;
  /** Of the whole attempt; null before its first `…Started`. */
  readonly attempt: DeadlineRun | null;
}

/** What is known of an instance of which nothing is known. */
const UNKNOWN = {
  status: 'new',
  owner: 'pre-upgrade',
  waitingFor: null,
  offer: null,
  redriven: 0,
} as const;

/** Null for an instance that is not being upgraded. */
export function rowAfter(
  { instanceId, eventId, revision, at: touchedAt, event }: RecordedInstanceEvent,
  before: DeadlineRow | undefined,
  { limits, seenAt }: { readonly limits: DeadlineLimits; readonly seenAt: number },
): DeadlineRow | null {
  const order = 'workOrder' in event.data ? inFlight(event.data.workOrder) : before?.order;
  const known = before ?? UNKNOWN;
  const status = statusAfter(event, known.status);
  if (order === undefined || !isInFlight(status)) return null;
  const moment = { at: touchedAt, seenAt };
  const waitingFor = waitAfter(event, known.waitingFor, touchedAt);
  return {
    ...{ instanceId, eventId, revision, touchedAt, order, status, waitingFor },
    owner: ownerAfter(event, known.owner),
    offer: offerAfter(event, known.offer, touchedAt),
    redriven: redrivenAfter(event, known.redriven),
    ...clocksAfter(event, before, { order, moment, limits, isHeld: isHeldBy(event, waitingFor) }),
  };
}

function inFlight({
  upgradeId,
  attempt,
  startBy,
  attemptMs,
  deadlineAt,
  profile,
}: WorkOrder): OrderInFlight {
  return {
    upgradeId,
    attempt,
    ...(startBy !== undefined && { startBy }),
    ...(attemptMs !== undefined && { attemptMs }),
    ...(deadlineAt !== undefined && { deadlineAt }),
    profile: { core: profile.core },
  };
}

interface Circumstances {
  readonly order: OrderInFlight;
  readonly moment: Moment;
  readonly limits: DeadlineLimits;
  /** A wait goes on whatever the event says of the deadline. */
  readonly isHeld: boolean;
}

function clocksAfter(
  event: InstanceEvent,
  before: DeadlineRow | undefined,
  { order, moment, limits, isHeld }: Circumstances,
): AttemptClocks {
  const { openedAt, attempt: begun } = ofAttempt(event, before) ?? {
    openedAt: moment.at,
    attempt: null,
  };
  const whole = startRun(wholeTimeOf(order, openedAt), moment);
  const attempt = attemptAfter(event, begun, whole, moment);
  const run = before?.step ?? startRun(limits.pending, moment);
  const clocks = { openedAt, step: stepAfter(event, run, limits, moment), attempt };
  return isHeld ? held(clocks, moment) : clocks;
}

function stepAfter(
  event: InstanceEvent,
  run: DeadlineRun,
  limits: DeadlineLimits,
  moment: Moment,
): DeadlineRun {
  const deadline = deadlineOf(event);
  if (deadline === 'suspended') return suspendRun(run, waitBegin(event, moment), moment);
  if (deadline === 'resumed') return resumeRun(run, moment);
  return isNamed(deadline) ? startRun(limits[deadline], moment) : run;
}

type DeadlineRule = Transition['deadline'];

/** A retry of the proof of health has the time of one. */
function deadlineOf({ type, data }: InstanceEvent): DeadlineRule {
  const isVerified = type === 'UpgradeRetried' && data.fromStage === 'poll-upgrade';
  return isVerified ? 'verify' : LIFECYCLE[type].deadline;
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
function wholeTimeOf({ attemptMs, deadlineAt }: OrderInFlight, openedAt: number): number {
  if (attemptMs !== undefined) return attemptMs;
  if (deadlineAt === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, Date.parse(deadlineAt) - openedAt);
}

/** Operators hold an instance whatever happens to it; an offer of its stage alone ends no wait. */
function isHeldBy({ type }: InstanceEvent, waitingFor: ToldWait | null): boolean {
  const isOffer = type === 'StageRedriven' || type === 'InstanceUnparked';
  return waitingFor !== null && (waitingFor.target === OPERATOR || isOffer);
}

function held({ step, attempt, ...clocks }: AttemptClocks, moment: Moment): AttemptClocks {
  const suspended = (run: DeadlineRun) => suspendRun(run, moment.at, moment);
  return { ...clocks, step: suspended(step), attempt: attempt && suspended(attempt) };
}

/** What is known of the same attempt. */
function ofAttempt({ type }: InstanceEvent, before: DeadlineRow | undefined) {
  return type === 'UpgradeRequested' || type === 'UpgradeRetried' ? undefined : before;
}

function ownerAfter({ type, data }: InstanceEvent, before: UpgradeStage): UpgradeStage {
  if (type === 'StageRedriven') return data.stage;
  if (type === 'UpgradeRetried') return data.fromStage;
  const { owner }: Transition = LIFECYCLE[type];
  return owner ?? before;
}

/** What is waited for while an operator holds the instance. */
const OPERATOR = 'operator';

function waitAfter(event: InstanceEvent, before: ToldWait | null, at: number): ToldWait | null {
  const { type, data } = event;
  if (type === 'InstanceParked') {
    return { target: OPERATOR, since: isoOf(at), toldAt: at, under: before };
  }
  if (before?.target === OPERATOR) return waitUnderHold(event, before, at);
  if (type === 'WaitingFor') return { ...data, toldAt: at };
  if (type === 'StillWaiting') return before && { ...before, ...placeIn(data.changed), toldAt: at };
  return isWaitOver(event, before) ? null : before;
}

function waitUnderHold(event: InstanceEvent, before: ToldWait, at: number): ToldWait | null {
  const { under = null } = before;
  if (event.type === 'InstanceUnparked') return under;
  if (event.type === 'StillWaiting') return { ...before, toldAt: at };
  return { ...before, under: waitAfter(event, under, at) };
}

function isWaitOver(event: InstanceEvent, before: ToldWait | null): boolean {
  if (event.type === 'WaitEnded' || opensStage(event)) return true;
  return event.type.endsWith('Started') && before !== null && isWaitForStart(before.target);
}

/** Events that say nothing of whether the stage works on the instance. */
const QUIET: readonly InstanceEvent['type'][] = [
  'WaitingFor',
  'WaitEnded',
  'StillWaiting',
  'InstanceParked',
  'InstanceUnparked',
  'InstanceUpdated',
  'InstanceClaimed',
  'InstanceUnclaimed',
  'DeregistrationRequested',
  'UpgradePrioritized',
  'UpgradeCancelRequested',
  'HealthEvidenceRecorded',
  'CommandNoted',
  'InstanceSnapshotTaken',
];

function offerAfter(event: InstanceEvent, before: Offer | null, at: number): Offer | null {
  if (QUIET.includes(event.type)) return before;
  const durable = durableOf(event);
  return durable === null || deadlineOf(event) === 'kept' ? null : { durable, at };
}

/** The consumer of the bus that hands the event to the stage which is to act. */
function durableOf({ type, data }: InstanceEvent): DurableName | null {
  if (type === 'StageRedriven') return `${data.stage}-redriven`;
  if (type === 'UpgradeRetried') return `${data.fromStage}-retry`;
  const { consumer }: Transition = LIFECYCLE[type];
  return (consumer as DurableName | undefined) ?? null;
}

function redrivenAfter(event: InstanceEvent, before: number): number {
  if (event.type === 'StageRedriven') {
    return event.data.requestedBy === undefined ? before + 1 : before;
  }
  return opensStage(event) ? 0 : before;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
