import type { RunningStatus } from '../status';
import type { Evidence, InstanceEvent, InstanceEventOf, TaskReference } from './instance.events';

/** What an attempt has come to in its present status, as far as events tell. */
export interface AttemptProgress {
  /** The effect that was asked for and has no outcome yet. */
  readonly call: CallState | null;
  readonly deployment: DeploymentState | null;
  /** The task of the present step's script, once Lagoon has taken it. */
  readonly task: TaskReference | null;
  readonly notes: AttemptNotes;
}

/** One effect in Lagoon that was asked for and has no outcome yet: a deployment or a script's task. */
export interface CallState {
  readonly effect: 'deployment' | 'script';
  readonly marker: string;
  /** Counts the calls of one effect, from 1. */
  readonly callNo: number;
  readonly bulkId: string | null;
  /** False once Lagoon surely refused the newest call. */
  readonly isOpen: boolean;
  /** Those of calls that were never sent do not count. */
  readonly refusals: number;
  /** Calls that are proved to have had no effect. */
  readonly notLanded: number;
  readonly isAmbiguous: boolean;
}

/** The build of an attempt. */
export interface DeploymentState {
  readonly callNo: number;
  readonly buildName: string;
  readonly bulkId: string | null;
  readonly status: string | null;
  readonly buildStep: string | null;
  /** The newest build that took the place of ours. */
  readonly supersededBy: string | null;
  /** What was said of this build already, each once. */
  readonly alarms: readonly BuildAlarm[];
}

export type BuildAlarm = 'not-visible' | 'not-started';

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

/** Nothing that one step asked for is left over for the next. */
export const NOTHING_UNDER_WAY = { call: null, deployment: null, task: null } as const;

const NO_NOTES: AttemptNotes = {
  parkedEventId: null,
  reportedHealth: null,
  duplicateBuilds: [],
  waitingFor: null,
  variables: null,
};

export const AT_START: AttemptProgress = { ...NOTHING_UNDER_WAY, notes: NO_NOTES };

export function progressAfter(
  { call, deployment, task, notes }: AttemptProgress,
  event: InstanceEvent,
): AttemptProgress {
  return {
    call: callAfter(call, event),
    deployment: deploymentAfter(deployment, event),
    task: event.type === 'ScriptAccepted' ? event.data.task : task,
    notes: notesAfter(notes, event),
  };
}

function callAfter(before: CallState | null, event: InstanceEvent): CallState | null {
  switch (event.type) {
    case 'DeploymentRequested':
      return { ...asked(before, event.data), effect: 'deployment', bulkId: event.data.bulkId };
    case 'ScriptRequested':
      return { ...asked(before, event.data), effect: 'script', bulkId: null };
    case 'CallRefused':
      return before && refused(before, event.data.evidence);
    case 'CallNotLanded':
      return before && { ...before, isOpen: false, notLanded: before.notLanded + 1 };
    case 'CallAmbiguous':
      return before && { ...before, isAmbiguous: true };
    case 'DeploymentAccepted':
    case 'ScriptAccepted':
      return null;
    default:
      return before;
  }
}

function refused(before: CallState, { cause }: Evidence): CallState {
  const refusals = cause === 'not-sent' ? before.refusals : before.refusals + 1;
  return { ...before, isOpen: false, refusals };
}

function asked(
  before: CallState | null,
  { marker, callNo }: { readonly marker: string; readonly callNo: number },
) {
  const isRepeat = before?.marker === marker;
  return {
    marker,
    callNo,
    isOpen: true,
    isAmbiguous: false,
    refusals: isRepeat ? before.refusals : 0,
    notLanded: isRepeat ? before.notLanded : 0,
  };
}

function deploymentAfter(
  before: DeploymentState | null,
  event: InstanceEvent,
): DeploymentState | null {
  if (event.type === 'DeploymentAccepted') return accepted(event.data);
  if (before === null) return null;
  switch (event.type) {
    case 'DeploymentProgressed':
      return { ...before, status: event.data.status, buildStep: event.data.buildStep };
    case 'DeploymentSuperseded':
      return { ...before, supersededBy: event.data.by };
    case 'DuplicateBuildDetected':
      return adopting(event.data.builds, before);
    case 'BuildNotVisible':
      return { ...before, alarms: [...before.alarms, 'not-visible'] };
    case 'BuildNotStarted':
      return { ...before, alarms: [...before.alarms, 'not-started'] };
    default:
      return before;
  }
}

function accepted(data: InstanceEventOf<'DeploymentAccepted'>['data']): DeploymentState {
  const { callNo, buildName, bulkId = null } = data;
  return { callNo, bulkId, ...unseen(buildName) };
}

/** The newest of several builds is the one whose images the environment ends up with. */
function adopting([newest]: readonly string[], before: DeploymentState): DeploymentState {
  return newest === undefined || newest === before.buildName
    ? before
    : { ...before, ...unseen(newest) };
}

function unseen(buildName: string) {
  return { buildName, status: null, buildStep: null, supersededBy: null, alarms: [] };
}

/** Notes begin anew with every event that carries the work order: such an event is enough to go on from. */
function notesAfter(before: AttemptNotes, event: InstanceEvent): AttemptNotes {
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
