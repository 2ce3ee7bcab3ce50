import type { RunningStatus } from '../status';
import type { InstanceEvent } from './instance.events';

/** What was noted without a change of status; known so that a repeat is not recorded again. */
export interface AttemptNotes {
  /** The event whose handling was given up. */
  readonly parkedEventId: string | null;
  /** What the app said of itself while it was being verified. */
  readonly reportedHealth: RunningStatus | null;
  readonly duplicateBuilds: readonly string[];
  /** What the attempt cannot go on without; null if nothing holds it up. */
  readonly waitingFor: { readonly target: string; readonly since: string } | null;
  /** How far the variables of the target have come. */
  readonly variables: 'requested' | 'set' | null;
}

export const NO_NOTES: AttemptNotes = {
  parkedEventId: null,
  reportedHealth: null,
  duplicateBuilds: [],
  waitingFor: null,
  variables: null,
};

/** Notes begin anew with every event that carries the work order: such an event is enough to go on from. */
export function notesAfter(before: AttemptNotes, event: InstanceEvent): AttemptNotes {
  if ('workOrder' in event.data) return NO_NOTES;
  switch (event.type) {
    case 'StageParked':
      return { ...before, parkedEventId: event.data.eventId };
    case 'HealthEvidenceRecorded':
      return { ...before, reportedHealth: event.data.status };
    case 'DuplicateBuildDetected':
      return { ...before, duplicateBuilds: event.data.builds };
    case 'WaitingFor':
      return { ...before, waitingFor: { target: event.data.target, since: event.data.since } };
    case 'WaitEnded':
      return { ...before, waitingFor: null };
    case 'VariablesRequested':
      return { ...before, variables: 'requested' };
    case 'VariablesSet':
      return { ...before, variables: 'set' };
    default:
      return before;
  }
}
