import type {
  Evidence,
  InstanceEvent,
  InstanceEventType,
  RecordedInstanceEvent,
} from '../instance/instance.events';
import { upgradeIdOf } from '../instance/instance.events';
import type { UpgradeStrategy, UpgradeTarget } from '../instance/upgrade-target';
import type { HealthyStatus, UpgradeStage } from '../status';

export const TIMED_STAGES = ['pre-upgrade', 'upgrade', 'post-upgrade', 'verify'] as const;
export type TimedStage = (typeof TIMED_STAGES)[number];

/** When a stage was opened, begun and ended; milliseconds since 1970. */
export interface StageTimes {
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export type UpgradeOutcome = 'in-flight' | 'succeeded' | 'failed' | 'cancelled';

export interface UpgradeFailureView {
  readonly reason: string;
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
  readonly outcome: UpgradeOutcome;
  readonly stage: TimedStage | null;
  readonly stages: Readonly<Partial<Record<TimedStage, StageTimes>>>;
  /** Calls made to Lagoon for this attempt. */
  readonly calls: number;
  readonly buildName: string | null;
  readonly buildStatus: string | null;
  readonly buildStep: string | null;
  readonly warnings: boolean;
  /** What it cannot go on without, `lagoon:<core>` or `admission:<core>`; null if nothing holds it up. */
  readonly waitingFor: string | null;
  readonly failure: UpgradeFailureView | null;
  readonly requestedAt: number;
  readonly endedAt: number | null;
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

interface Marks {
  readonly opens?: TimedStage;
  readonly begins?: TimedStage;
  readonly ends?: TimedStage;
}

/** Which stage an event opens, begins or ends. */
const MARKS: Partial<Record<InstanceEventType, Marks>> = {
  PreUpgradeStarted: { begins: 'pre-upgrade' },
  PreUpgradeCompleted: { ends: 'pre-upgrade' },
  UpgradePending: { opens: 'upgrade' },
  UpgradeStarted: { begins: 'upgrade' },
  UpgradeCompleted: { ends: 'upgrade' },
  PostUpgradePending: { opens: 'post-upgrade' },
  PostUpgradeStarted: { begins: 'post-upgrade' },
  PostUpgradeCompleted: { ends: 'post-upgrade', opens: 'verify', begins: 'verify' },
  UpgradeAbandoned: { opens: 'verify', begins: 'verify' },
  DeploymentCancelled: { ends: 'upgrade', opens: 'verify', begins: 'verify' },
  InstanceVerifiedHealthy: { ends: 'verify' },
};

const NO_BUILD = {
  calls: 0,
  buildName: null,
  buildStatus: null,
  buildStep: null,
  warnings: false,
} as const;

/** Folds one event into the row of its upgrade; null = no row yet, or an event of no upgrade. */
export function evolveUpgradeView(
  view: UpgradeView | null,
  recorded: RecordedInstanceEvent,
): UpgradeView | null {
  const { event, at, revision } = recorded;
  if (event.type === 'UpgradeRequested') return requested(recorded, event.data);
  if (view === null) return null;
  if (upgradeIdOf(event) !== view.upgradeId) return view;

  const seen = { ...view, revision, waitingFor: waitAfter(view, event), ...facts(view, event) };
  const marked = withMarks(seen, event, at);
  const outcome = outcomeAfter(event);
  if (outcome === null) return marked;
  if (outcome === 'in-flight') return { ...marked, outcome, endedAt: null, failure: null };
  return { ...ended(marked, at), outcome, endedAt: at };
}

function requested(
  { instanceId, at, revision }: RecordedInstanceEvent,
  data: Extract<InstanceEvent, { type: 'UpgradeRequested' }>['data'],
): UpgradeView {
  const { upgradeId, attempt, strategy, target, originStatus } = data.workOrder;
  const { requestedBy, reason, rolloutId } = data;
  return {
    ...{ upgradeId, instanceId, attempt, strategy, target, originStatus },
    ...{ requestedBy, reason, rolloutId },
    outcome: 'in-flight',
    stage: 'pre-upgrade',
    stages: { 'pre-upgrade': { queuedAt: at, startedAt: null, endedAt: null } },
    ...NO_BUILD,
    waitingFor: null,
    failure: null,
    requestedAt: at,
    endedAt: null,
    revision,
  };
}

function facts(view: UpgradeView, event: InstanceEvent): Partial<UpgradeView> {
  switch (event.type) {
    case 'DeploymentRequested':
      return { calls: event.data.callNo };
    case 'ScriptRequested':
      return event.data.step === 'upgrade' ? { calls: event.data.callNo } : {};
    case 'DeploymentAccepted':
      return { buildName: event.data.buildName };
    case 'DuplicateBuildDetected':
      return adopted(view, event.data.builds);
    case 'DeploymentProgressed':
      return { buildStatus: event.data.status, buildStep: event.data.buildStep };
    case 'UpgradeCompleted':
      return { buildStatus: 'complete', warnings: event.data.warnings };
    case 'DeploymentCancelled':
      return { buildStatus: 'cancelled' };
    case 'LateOutcomeObserved':
      return { buildName: event.data.buildName, buildStatus: event.data.status };
    case 'UpgradeRetried':
      return { attempt: event.data.workOrder.attempt, ...NO_BUILD };
    default:
      return 'retryable' in event.data ? { failure: failureOf(event.data) } : {};
  }
}

/** From here on the newest build is the one that is followed; of it nothing was seen yet. */
function adopted({ buildName }: UpgradeView, [newest]: readonly string[]): Partial<UpgradeView> {
  const isNew = buildName !== null && newest !== undefined && newest !== buildName;
  return isNew ? { buildName: newest, buildStatus: null, buildStep: null } : {};
}

/** A wait ends by itself when the next stage opens. */
function waitAfter({ waitingFor }: UpgradeView, event: InstanceEvent): string | null {
  if (event.type === 'WaitingFor') return event.data.target;
  return event.type === 'WaitEnded' || 'workOrder' in event.data ? null : waitingFor;
}

function failureOf(data: NonNullable<UpgradeView['failure']>): UpgradeView['failure'] {
  const { reason, evidence, retryable } = data;
  return { reason, evidence, retryable };
}

function outcomeAfter(event: InstanceEvent): UpgradeView['outcome'] | null {
  if ('retryable' in event.data) return 'failed';
  switch (event.type) {
    case 'InstanceVerifiedHealthy':
      return 'succeeded';
    case 'UpgradeCancelled':
      return 'cancelled';
    case 'PostUpgradePending':
    case 'UpgradeRetried':
    case 'UpgradeAbandoned':
      return 'in-flight';
    default:
      return null;
  }
}

function marksOf(event: InstanceEvent): Marks {
  if (event.type === 'UpgradeRetried') return { opens: timedAs(event.data.fromStage) };
  return MARKS[event.type] ?? {};
}

/** Polling is taken up again at its last part. */
function timedAs(stage: UpgradeStage): TimedStage {
  return stage === 'poll-upgrade' ? 'verify' : stage;
}

function withMarks(view: UpgradeView, event: InstanceEvent, at: number): UpgradeView {
  const { opens, begins, ends } = marksOf(event);
  const opened = { queuedAt: at, startedAt: null, endedAt: null };
  const stages = { ...view.stages };
  if (ends) stages[ends] = { ...opened, ...stages[ends], endedAt: at };
  if (opens) stages[opens] = opened;
  if (begins) stages[begins] = { ...opened, ...stages[begins], startedAt: at };
  return { ...view, stages, stage: opens ?? view.stage };
}

/** The end of an upgrade ends the stage it happened in. */
function ended(view: UpgradeView, at: number): UpgradeView {
  const stages = Object.fromEntries(
    Object.entries(view.stages).map(([stage, times]) => [
      stage,
      { ...times, endedAt: times.endedAt ?? at },
    ]),
  );
  return { ...view, stages, stage: null, waitingFor: null };
}
