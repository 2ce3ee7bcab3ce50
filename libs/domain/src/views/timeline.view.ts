import type { RecordedInstanceEvent } from '../instance/instance.events';
import { upgradeIdOf } from '../instance/instance.events';
import { statusAfter } from '../instance/instance.lifecycle';
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
  return {
    instanceId,
    revision,
    eventId,
    at,
    eventType: event.type,
    status,
    upgradeId,
    note: noteOf(event),
  };
}

function noteOf(event: RecordedInstanceEvent['event']): string | null {
  if ('reason' in event.data) return event.data.reason;
  switch (event.type) {
    case 'DeploymentAccepted':
    case 'UpgradeCompleted':
    case 'BuildNotVisible':
    case 'DeploymentCancelled':
    case 'UpgradeCancelTooLate':
      return event.data.buildName;
    case 'BuildNotStarted':
      return `${event.data.buildName} is still ${event.data.status}`;
    case 'LateOutcomeObserved':
      return `${event.data.buildName} ended as ${event.data.status}`;
    case 'DeploymentSuperseded':
      return event.data.by;
    case 'DuplicateBuildDetected':
      return event.data.builds.join(', ');
    case 'VariablesRequested':
      return event.data.names.join(', ');
    case 'VariablesSet':
      return `${event.data.written.length} written, ${event.data.unchanged.length} unchanged`;
    case 'ScriptAccepted':
      return event.data.task.taskName;
    case 'WaitingFor':
    case 'WaitEnded':
      return event.data.target;
    case 'DeploymentProgressed':
      return [event.data.status, event.data.buildStep].filter(Boolean).join(': ');
    case 'DeploymentRequested':
    case 'ScriptRequested':
    case 'CallAmbiguous':
    case 'CallRefused':
    case 'CallNotLanded':
      return `call ${event.data.callNo}`;
    default:
      return 'worker' in event.data ? event.data.worker : null;
  }
}
