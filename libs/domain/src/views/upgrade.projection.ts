import type { InstanceEvent, InstanceEventType } from '../instance/instance.events';
import type { RecordedInstanceEvent } from './recorded-event';
import { upgradeIdOf } from './recorded-event';
import type { StageTimes, TimedStage, UpgradeView } from './upgrade.view';

/** Which stage an event opens, begins or ends. */
const MARKS: Partial<
  Record<InstanceEventType, { opens?: TimedStage; begins?: TimedStage; ends?: TimedStage }>
> = {
  PreUpgradeStarted: { begins: 'pre-upgrade' },
  PreUpgradeCompleted: { ends: 'pre-upgrade' },
  UpgradePending: { opens: 'upgrade' },
  UpgradeStarted: { begins: 'upgrade' },
  UpgradeCompleted: { ends: 'upgrade' },
  PostUpgradePending: { opens: 'post-upgrade' },
  PostUpgradeStarted: { begins: 'post-upgrade' },
  PostUpgradeCompleted: { ends: 'post-upgrade', opens: 'verify', begins: 'verify' },
  UpgradeAbandoned: { opens: 'verify', begins: 'verify' },
  InstanceVerifiedHealthy: { ends: 'verify' },
};

/** Folds one event into the row of its upgrade; null = no row yet, or an event of no upgrade. */
export function evolveUpgradeView(
  view: UpgradeView | null,
  recorded: RecordedInstanceEvent,
): UpgradeView | null {
  const { event, at, revision } = recorded;
  if (event.type === 'UpgradeRequested') return requested(recorded, event.data);
  if (view === null) return null;
  if (upgradeIdOf(event) !== view.upgradeId) return view;

  const marked = withMarks({ ...view, revision, ...facts(event) }, event, at);
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
    calls: 0,
    buildName: null,
    buildStatus: null,
    buildStep: null,
    warnings: false,
    failure: null,
    requestedAt: at,
    endedAt: null,
    revision,
  };
}

function facts(event: InstanceEvent): Partial<UpgradeView> {
  switch (event.type) {
    case 'DeploymentRequested':
      return { calls: event.data.callNo };
    case 'DeploymentAccepted':
      return { buildName: event.data.buildName };
    case 'DeploymentProgressed':
      return { buildStatus: event.data.status, buildStep: event.data.buildStep };
    case 'UpgradeCompleted':
      return { buildStatus: 'complete', warnings: event.data.warnings };
    case 'UpgradeRetried':
      return { attempt: event.data.workOrder.attempt, calls: 0, buildName: null };
    default:
      return 'retryable' in event.data ? { failure: failureOf(event.data) } : {};
  }
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
    case 'UpgradeRetried':
    case 'UpgradeAbandoned':
      return 'in-flight';
    default:
      return null;
  }
}

function withMarks(view: UpgradeView, { type }: InstanceEvent, at: number): UpgradeView {
  const { opens, begins, ends } = MARKS[type] ?? {};
  const stages = { ...view.stages };
  if (ends) stages[ends] = { ...timesOf(stages, ends, at), endedAt: at };
  if (opens) stages[opens] = { queuedAt: at, startedAt: null, endedAt: null };
  if (begins) stages[begins] = { ...timesOf(stages, begins, at), startedAt: at };
  return { ...view, stages, stage: opens ?? view.stage };
}

/** A failure ends the stage it happened in. */
function ended(view: UpgradeView, at: number): UpgradeView {
  if (view.stage === null) return view;
  const times = timesOf(view.stages, view.stage, at);
  const stages = { ...view.stages, [view.stage]: { ...times, endedAt: times.endedAt ?? at } };
  return { ...view, stages, stage: null };
}

function timesOf(stages: UpgradeView['stages'], stage: TimedStage, at: number): StageTimes {
  return stages[stage] ?? { queuedAt: at, startedAt: null, endedAt: null };
}
