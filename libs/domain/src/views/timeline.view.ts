import type {
  AskedBy,
  Evidence,
  InstanceEvent,
  PerEvent,
  RecordedInstanceEvent,
  Resolution,
  Started,
  Timed,
} from '../instance/instance.events';
import { meaningOf, upgradeIdOf } from '../instance/instance.events';
import { statusAfter } from '../instance/instance.lifecycle';
import { presentReason } from '../instance/reasons';
import type { InstanceStatus } from '../status';
import type { UnreadableHistory } from './instance.view';

/** One line of an instance's timeline. */
export interface TimelineEntry {
  readonly instanceId: string;
  readonly revision: number;
  readonly eventId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly eventType: string;
  /** Status after the event. */
  readonly status: InstanceStatus;
  readonly upgradeId: string | null;
  /** What is worth knowing at a glance: a build name, a status, a reason, and who asked for it. */
  readonly note: string | null;
}

/** `before` is the status ahead of the event; null for the first. */
export function timelineEntry(
  before: InstanceStatus | null,
  { instanceId, revision, eventId, at, event }: RecordedInstanceEvent,
): TimelineEntry {
  const status = statusAfter(event, before ?? 'new');
  const upgradeId = upgradeIdOf(event);
  const { type: eventType } = event;
  return { instanceId, revision, eventId, at, eventType, status, upgradeId, note: noteOf(event) };
}

/** The line of an event that cannot be read: it changes no status. */
export function unreadableEntry(
  before: InstanceStatus | null,
  instanceId: string,
  { eventId, eventType, revision, reason, detail, since }: UnreadableHistory,
): TimelineEntry {
  const note = `cannot be read: ${reason}: ${detail}`;
  const status = before ?? 'new';
  return { instanceId, revision, eventId, at: since, eventType, status, upgradeId: null, note };
}

function noteOf(event: InstanceEvent): string | null {
  const { data } = event;
  const note = meaningOf(NOTES, event) ?? null;
  if ('requestedBy' in data) return [note, wish(data)].filter(Boolean).join(': ');
  if ('retryable' in data) return presentReason(data.reason);
  return note ?? ('reason' in data ? data.reason : 'worker' in data ? data.worker : null);
}

/** Why, and who says so. */
function wish({ requestedBy, reason }: Partial<AskedBy>): string {
  return `${reason} (${requestedBy})`;
}

function factsOf(evidence: Evidence): readonly string[] {
  return Object.entries(evidence).map(([name, value]) => `${name} ${value}`);
}

function claimed({ resolution }: { readonly resolution: Resolution }): string {
  return resolution.kind === 'adopt' ? `adopt ${resolution.buildName}` : 'it did not land';
}

const theBuild = ({ buildName }: { readonly buildName: string }) => buildName;
const theTarget = ({ target }: { readonly target: string }) => target;
const placed = (target: string, place?: number) =>
  place === undefined ? target : `${target}, place ${place}`;
const theCall = ({ callNo }: { readonly callNo: number }) => `call ${callNo}`;

const begun = ({ worker, startedAt }: Started) =>
  startedAt === undefined ? worker : `${worker}, since ${startedAt}`;
const ended = ({ activeMs }: Timed) => (activeMs === undefined ? null : `after ${activeMs} ms`);

const NOTES: PerEvent<string | null> = {
  PreUpgradeStarted: begun,
  PostUpgradeStarted: begun,
  PreUpgradeCompleted: ended,
  PostUpgradeCompleted: ended,
  DeploymentAccepted: theBuild,
  UpgradeCompleted: theBuild,
  BuildNotVisible: theBuild,
  DeploymentCancelled: theBuild,
  UpgradeCancelTooLate: theBuild,
  ScriptCancelled: ({ task, step }) => task?.taskName ?? step,
  CancelWithoutEffect: ({ name }) => name,
  BuildNotStarted: ({ buildName, status }) => `${buildName} is still ${status}`,
  LateOutcomeObserved: ({ buildName, status }) => `${buildName} ended as ${status}`,
  DeploymentSuperseded: ({ by }) => by,
  DuplicateBuildDetected: ({ builds }) => builds.join(', '),
  DeploymentProgressed: ({ status, buildStep }) => [status, buildStep].filter(Boolean).join(': '),
  VariablesRequested: ({ names }) => names.join(', '),
  VariablesSet: ({ written, unchanged }) =>
    `${written.length} written, ${unchanged.length} unchanged`,
  ScriptAccepted: ({ task }) => task.taskName,
  WaitingFor: ({ target, place }) => placed(target, place),
  WaitEnded: theTarget,
  StillWaiting: ({ target, changed }) => [target, ...factsOf(changed)].join(', '),
  DeploymentRequested: theCall,
  ScriptRequested: theCall,
  CallAmbiguous: theCall,
  CallRefused: theCall,
  CallNotLanded: theCall,
  HealthEvidenceRecorded: ({ status }) => status,
  UpgradePrioritized: ({ priority }) => priority,
  UpgradeExpired: ({ startBy }) => `not begun by ${startBy}`,
  StageTimedOut: ({ stage, limitMs }) => `${stage} took more than ${limitMs} ms`,
  StageParked: ({ reason, eventType, detail }) =>
    [reason, eventType, detail].filter(Boolean).join(': '),
  StageRedriven: ({ stage, n }) => `${stage}, redrive ${n}`,
  OutcomeResolutionRequested: claimed,
  OutcomeResolved: claimed,
  OutcomeResolutionRefused: ({ reason, ...claim }) => `${claimed(claim)}: ${reason}`,
  UpgradeRetried: ({ fromStage, redeploy }) =>
    redeploy ? `from ${fromStage}, deploying again` : `from ${fromStage}`,
  InstanceUpdated: ({ profile: { core, project, environment }, environmentId }) =>
    environmentId === undefined ? null : `in ${core}, ${project}, ${environment}`,
  DeregistrationDelayed: ({ unsettled: { buildName, marker } }) =>
    `nobody knows yet what became of ${buildName ?? marker}`,
  CommandNoted: ({ command }) => command,
};
