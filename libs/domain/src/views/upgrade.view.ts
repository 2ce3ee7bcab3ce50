import type {
  Evidence,
  InstanceEvent,
  InstanceEventType,
  PerEvent,
  RecordedInstanceEvent,
} from '../instance/instance.events';
import { meaningOf, upgradeIdOf } from '../instance/instance.events';
import type { ReasonClass } from '../instance/reasons';
import { presentReason, reasonClassOf } from '../instance/reasons';
import type { UpgradeStrategy, UpgradeTarget } from '../instance/upgrade-target';
import type { HealthyStatus } from '../status';

export const TIMED_STAGES = ['pre-upgrade', 'upgrade', 'post-upgrade', 'verify'] as const;
export type TimedStage = (typeof TIMED_STAGES)[number];

/** When a stage was opened, begun and ended; milliseconds since 1970. */
export interface StageTimes {
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export type UpgradeOutcome = 'in-flight' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

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
  readonly outcome?: UpgradeOutcome;
}

/** Which stage an event opens, begins or ends, and what it makes of the upgrade. */
const MARKS: Partial<Record<InstanceEventType, Marks>> = {
  PreUpgradeStarted: { begins: 'pre-upgrade' },
  PreUpgradeCompleted: { ends: 'pre-upgrade' },
  UpgradePending: { opens: 'upgrade' },
  UpgradeStarted: { begins: 'upgrade' },
  UpgradeCompleted: { ends: 'upgrade' },
  PostUpgradePending: { opens: 'post-upgrade', outcome: 'in-flight' },
  PostUpgradeStarted: { begins: 'post-upgrade' },
  PostUpgradeCompleted: {
    ends: 'post-upgrade',
    opens: 'verify',
    begins: 'verify',
    outcome: 'in-flight',
  },
  UpgradeAbandoned: { opens: 'verify', begins: 'verify', outcome: 'in-flight' },
  DeploymentCancelled: {
    ends: 'upgrade',
    opens: 'verify',
    begins: 'verify',
    outcome: 'in-flight',
  },
  InstanceVerifiedHealthy: { ends: 'verify', outcome: 'succeeded' },
  UpgradeCancelled: { outcome: 'cancelled' },
  UpgradeExpired: { outcome: 'expired' },
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

  const { outcome, ...marks } = marksOf(event);
  const seen = { ...view, revision, ...factsOf(view, event) };
  const marked = { ...seen, ...stagesAfter(view, marks, at) };
  if (outcome === undefined) return marked;
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
    failure: null,
    requestedAt: at,
    endedAt: null,
    revision,
  };
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
  UpgradeRetried: ({ workOrder }) => ({ attempt: workOrder.attempt, ...NO_BUILD }),
};

function factsOf(view: UpgradeView, event: InstanceEvent): Partial<UpgradeView> {
  if (!('retryable' in event.data)) return meaningOf(FACTS, event, view) ?? {};
  const { evidence, retryable } = event.data;
  const reason = presentReason(event.data.reason);
  return { failure: { reason, reasonClass: reasonClassOf(reason), evidence, retryable } };
}

/** From here on the newest build is the one that is followed; of it nothing was seen yet. */
function adopted({ buildName }: UpgradeView, [newest]: readonly string[]): Partial<UpgradeView> {
  const isNew = buildName !== null && newest !== undefined && newest !== buildName;
  return isNew ? { buildName: newest, buildStatus: null, buildStep: null } : {};
}

function marksOf(event: InstanceEvent): Marks {
  if ('retryable' in event.data) return { outcome: 'failed' };
  if (event.type === 'ScriptCancelled') {
    const ends = event.data.workOrder.leftAt === 'pre-upgrade' ? 'pre-upgrade' : 'upgrade';
    return { ends, opens: 'verify', begins: 'verify', outcome: 'in-flight' };
  }
  if (event.type !== 'UpgradeRetried') return MARKS[event.type] ?? {};
  const { fromStage } = event.data;
  return { opens: fromStage === 'poll-upgrade' ? 'verify' : fromStage, outcome: 'in-flight' };
}

function stagesAfter(
  view: UpgradeView,
  { opens, begins, ends }: Marks,
  at: number,
): Pick<UpgradeView, 'stages' | 'stage'> {
  const opened = { queuedAt: at, startedAt: null, endedAt: null };
  const stages = { ...view.stages };
  if (ends) stages[ends] = { ...opened, ...stages[ends], endedAt: at };
  if (opens) stages[opens] = opened;
  if (begins) stages[begins] = { ...opened, ...stages[begins], startedAt: at };
  return { stages, stage: opens ?? view.stage };
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
