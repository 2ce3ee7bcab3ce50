import type { InstanceEvent, PerEvent, RecordedInstanceEvent } from '../instance/instance.events';
import { meaningOf, upgradeIdOf } from '../instance/instance.events';
import { statusAfter } from '../instance/instance.lifecycle';
import { presentReason } from '../instance/reasons';
import type { InstanceStatus } from '../status';

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
  /** What is worth knowing at a glance: a build name, a status, a reason. */
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

function noteOf(event: InstanceEvent): string | null {
  if ('retryable' in event.data) return presentReason(event.data.reason);
  if ('reason' in event.data) return event.data.reason;
  const worker = 'worker' in event.data ? event.data.worker : null;
  return meaningOf(NOTES, event) ?? worker;
}

const theBuild = ({ buildName }: { readonly buildName: string }) => buildName;
const theTarget = ({ target }: { readonly target: string }) => target;
const theCall = ({ callNo }: { readonly callNo: number }) => `call ${callNo}`;

const NOTES: PerEvent<string> = {
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
  WaitingFor: theTarget,
  WaitEnded: theTarget,
  DeploymentRequested: theCall,
  ScriptRequested: theCall,
  CallAmbiguous: theCall,
  CallRefused: theCall,
  CallNotLanded: theCall,
};
