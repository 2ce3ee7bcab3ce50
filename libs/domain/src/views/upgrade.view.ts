import type {
  Evidence,
  InstanceEvent,
  PerEvent,
  RecordedInstanceEvent,
} from '../instance/instance.events';
import { meaningOf, upgradeIdOf } from '../instance/instance.events';
import type { ReasonClass } from '../instance/reasons';
import { presentReason, reasonClassOf } from '../instance/reasons';
import type { UpgradeStrategy, UpgradeTarget } from '../instance/upgrade-target';
import type { Priority, WorkOrder } from '../instance/work-order';
import type { HealthyStatus, RunningStatus } from '../status';
import { stageMarksOf, TIMED_STAGES } from './stage-marks';
import type { StageMarks, TimedStage, UpgradeOutcome } from './stage-marks';

/** When a stage was opened, begun and ended; milliseconds since 1970. */
export interface StageTimes {
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface UpgradeFailureView {
  /** By its present name, whatever version recorded it. */
  readonly reason: string;
  readonly reasonClass: ReasonClass;
  readonly evidence: Evidence;
  readonly retryable: boolean;
}

/** One upgrade of one instance as the read model shows it. */
export interface UpgradeView {
  readonly upgradeId: string;
  readonly instanceId: string;
  readonly attempt: number;
  readonly strategy: UpgradeStrategy;
  readonly target: UpgradeTarget | null;
  readonly originStatus: HealthyStatus;
  readonly requestedBy: string;
  readonly reason: string;
  readonly rolloutId: string | null;
  readonly priority: Priority | null;
  /** RFC 3339; the upgrade expires if it has not begun by then. */
  readonly startBy: string | null;
  /** The ill status that it is to mend. */
  readonly repairs: RunningStatus | null;
  /** The upgrade whose deployment it takes back. */
  readonly rollsBack: string | null;
  readonly outcome: UpgradeOutcome;
  readonly stage: TimedStage | null;
  readonly stages: Readonly<Partial<Record<TimedStage, StageTimes>>>;
  /** Calls made to Lagoon for this attempt. */
  readonly calls: number;
  readonly buildName: string | null;
  readonly buildStatus: string | null;
  readonly buildStep: string | null;
  readonly warnings: boolean;
  readonly failure: UpgradeFailureView | null;
  /** Of the failure: lists are filtered by it. */
  readonly reasonClass: ReasonClass | null;
  readonly requestedAt: number;
  readonly endedAt: number | null;
  /** An operator has accepted the instance as it is: it is only verified. */
  readonly isAbandoned: boolean;
  /** Revision of the stream that this row reflects. */
  readonly revision: number;
}

export interface StageDuration {
  /** From opened to begun. */
  readonly queuedMs: number | null;
  /** From begun to ended. */
  readonly activeMs: number | null;
}

export function durationOf({ queuedAt, startedAt, endedAt }: StageTimes): StageDuration {
  return {
    queuedMs: startedAt === null ? null : startedAt - queuedAt,
    activeMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
  };
}

const NO_BUILD = {
  calls: 0,
  buildName: null,
  buildStatus: null,
  buildStep: null,
  warnings: false,
} as const;

const NO_FAILURE = { failure: null, reasonClass: null } as const;

/** Folds one event into the row of its upgrade; null = no row yet, or an event of no upgrade. */
export function evolveUpgradeView(
  view: UpgradeView | null,
  recorded: RecordedInstanceEvent,
): UpgradeView | null {
  const { event, at, revision } = recorded;
  if (event.type === 'UpgradeRequested') return requested(recorded, event.data);
  if (view === null) return null;
  if (upgradeIdOf(event) !== view.upgradeId) return view;

  const { outcome, ...marks } = stageMarksOf(event, view);
  const seen = { ...view, revision, ...factsOf(view, event) };
  const marked = { ...seen, ...stagesAfter(view, marks, at) };
  if (outcome === undefined) return marked;
  if (outcome === 'in-flight') return { ...marked, outcome, endedAt: null, ...NO_FAILURE };
  return { ...ended(marked, at), outcome, endedAt: at };
}

function requested(
  { instanceId, at, revision }: RecordedInstanceEvent,
  data: Extract<InstanceEvent, { type: 'UpgradeRequested' }>['data'],
): UpgradeView {
  const { upgradeId, attempt, strategy, target, originStatus, ...wishes } = data.workOrder;
  const { priority, startBy, repairs, rollsBack } = wishes;
  const { requestedBy, reason, rolloutId } = data;
  return {
    upgradeId,
    instanceId,
    attempt,
    strategy,
    target,
    originStatus,
    requestedBy,
    reason,
    rolloutId,
    priority: priority ?? null,
    startBy: startBy ?? null,
    repairs: repairs ?? null,
    rollsBack: rollsBack ?? null,
    outcome: 'in-flight',
    stage: 'pre-upgrade',
    stages: { 'pre-upgrade': { queuedAt: at, startedAt: null, endedAt: null } },
    ...NO_BUILD,
    ...NO_FAILURE,
    requestedAt: at,
    endedAt: null,
    isAbandoned: false,
    revision,
  };
}

/** What another attempt may change. */
function planOf({ attempt, strategy, target, originStatus }: WorkOrder) {
  return { attempt, strategy, target, originStatus };
}

/** What an event changes in the row, beside stages and outcome. */
const FACTS: PerEvent<Partial<UpgradeView>, [view: UpgradeView]> = {
  DeploymentRequested: ({ callNo }) => ({ calls: callNo }),
  ScriptRequested: ({ step, callNo }) => (step === 'upgrade' ? { calls: callNo } : {}),
  DeploymentAccepted: ({ buildName }) => ({ buildName }),
  DuplicateBuildDetected: ({ builds }, view) => adopted(view, builds),
  DeploymentProgressed: ({ status, buildStep }) => ({ buildStatus: status, buildStep }),
  UpgradeCompleted: ({ warnings }) => ({ buildStatus: 'complete', warnings }),
  DeploymentCancelled: () => ({ buildStatus: 'cancelled' }),
  LateOutcomeObserved: ({ buildName, status }) => ({ buildName, buildStatus: status }),
  PostUpgradePending: ({ workOrder }) => ({ ...planOf(workOrder), isAbandoned: false }),
  UpgradePrioritized: ({ priority }) => ({ priority }),
  InstanceClaimed: () => ({ originStatus: 'running-healthy-claimed' }),
  InstanceUnclaimed: () => ({ originStatus: 'running-healthy-unclaimed' }),
  UpgradeRetried: ({ workOrder }, view) => ({
    ...planOf(workOrder),
    ...(workOrder.deployed === undefined ? NO_BUILD : deployedBefore(view, workOrder.deployed)),
    isAbandoned: false,
  }),
  UpgradeAbandoned: ({ workOrder }) => ({ ...planOf(workOrder), isAbandoned: true }),
};

function factsOf(view: UpgradeView, event: InstanceEvent): Partial<UpgradeView> {
  if (!('retryable' in event.data)) return meaningOf(FACTS, event, view) ?? {};
  const { evidence, retryable } = event.data;
  const reason = presentReason(event.data.reason);
  const reasonClass = reasonClassOf(reason);
  return { failure: { reason, reasonClass, evidence, retryable }, reasonClass };
}

/** What is deployed already is not deployed again. */
function deployedBefore(
  { warnings }: UpgradeView,
  { buildName }: NonNullable<WorkOrder['deployed']>,
): Partial<UpgradeView> {
  return { ...NO_BUILD, buildName, buildStatus: 'complete', warnings };
}

/** From here on the newest build is the one that is followed; of it nothing was seen yet. */
function adopted({ buildName }: UpgradeView, [newest]: readonly string[]): Partial<UpgradeView> {
  const isNew = buildName !== null && newest !== undefined && newest !== buildName;
  return isNew ? { buildName: newest, buildStatus: null, buildStep: null } : {};
}

function stagesAfter(
  view: UpgradeView,
  { opens, begins, ends, activeMs }: StageMarks,
  at: number,
): Pick<UpgradeView, 'stages' | 'stage'> {
  const opened: StageTimes = { queuedAt: at, startedAt: null, endedAt: null };
  const stages = opens ? stagesBefore(opens, view) : { ...view.stages };
  if (ends) stages[ends] = endedStage(stages[ends] ?? opened, at, activeMs);
  if (opens) stages[opens] = opened;
  if (begins) stages[begins] = { ...(stages[begins] ?? opened), startedAt: at };
  return { stages, stage: opens ?? view.stage };
}

/** Its start may have been recorded late, even together with its end: its worker knows how long it took. */
export function endedStage(times: StageTimes, at: number, activeMs?: number): StageTimes {
  const { queuedAt, startedAt } = times;
  const isTold = activeMs !== undefined && startedAt !== null;
  return {
    ...times,
    startedAt: isTold ? Math.max(at - activeMs, queuedAt) : startedAt,
    endedAt: at,
  };
}

/** A stage that is opened anew is ahead of those that came after it in an earlier attempt. */
function stagesBefore(stage: TimedStage, { stages }: UpgradeView) {
  const before = TIMED_STAGES.slice(0, TIMED_STAGES.indexOf(stage));
  const times: Partial<Record<TimedStage, StageTimes>> = {};
  for (const each of before) if (stages[each]) times[each] = stages[each];
  return times;
}

/** The end of an upgrade ends the stage it happened in. */
function ended(view: UpgradeView, at: number): UpgradeView {
  const stages = Object.fromEntries(
    Object.entries(view.stages).map(([stage, times]) => [
      stage,
      { ...times, endedAt: times.endedAt ?? at },
    ]),
  );
  return { ...view, stages, stage: null };
}
