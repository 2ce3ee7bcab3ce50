import type { RunningStatus } from '../status';
import type {
  Attempt,
  Evidence,
  InstanceEvent,
  InstanceEventData,
  PerEvent,
  TaskReference,
} from './instance.events';
import { meaningOf } from './instance.events';

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
  /** Those of calls that were never sent, or with a token that had ended, do not count. */
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

/** As it was told. */
export type Wait = Omit<InstanceEventData['WaitingFor'], keyof Attempt>;

/** What was noted without a change of status; known so that a repeat is not recorded again. */
export interface AttemptNotes {
  /** The event whose handling was given up. */
  readonly parkedEventId: string | null;
  /** What the app said of itself while it was being verified. */
  readonly reportedHealth: RunningStatus | null;
  readonly duplicateBuilds: readonly string[];
  /** What the attempt cannot go on without; null if nothing holds it up. */
  readonly waitingFor: Wait | null;
  /** The last outage whose end was told. */
  readonly endedWait: { readonly target: string; readonly endedAt: string } | null;
  /** How far the variables of the target have come. */
  readonly variables: 'requested' | 'set' | null;
  /** How often the stage was offered again. */
  readonly redriven: { readonly n: number; readonly byWatchdog: number };
  /** The build or task that goes on although its cancel was asked for. */
  readonly cancelWithoutEffect: string | null;
}

const NO_NOTES: AttemptNotes = {
  parkedEventId: null,
  reportedHealth: null,
  duplicateBuilds: [],
  waitingFor: null,
  endedWait: null,
  variables: null,
  redriven: { n: 0, byWatchdog: 0 },
  cancelWithoutEffect: null,
};

/** Nothing that one step asked for is left over for the next. */
export function nothingUnderWay(notes: AttemptNotes): AttemptProgress {
  return { call: null, deployment: null, task: null, notes };
}

export const AT_START = nothingUnderWay(NO_NOTES);

/** Notes begin anew with every event that opens a stage: such an event is enough to go on from. */
export function progressAfter(before: AttemptProgress, event: InstanceEvent): AttemptProgress {
  const kept = opensStage(event) ? NO_NOTES : before.notes;
  const changed = meaningOf(CHANGES, event, before) ?? UNCHANGED;
  const { call = before.call, deployment = before.deployment, task = before.task } = changed;
  return { call, deployment, task, notes: changed.notes ?? kept };
}

const UNCHANGED: Partial<AttemptProgress> = {};

/** A new stage begins with it; offered again, or let go, a stage goes on with what it had. */
export function opensStage({ type, data }: InstanceEvent): boolean {
  return 'workOrder' in data && type !== 'StageRedriven' && type !== 'InstanceUnparked';
}

const CHANGES: PerEvent<Partial<AttemptProgress>, [before: AttemptProgress]> = {
  DeploymentRequested: ({ bulkId, ...next }, { call }) => ({
    call: { ...asked(next, call), effect: 'deployment', bulkId },
  }),
  ScriptRequested: (next, { call }) => ({
    call: { ...asked(next, call), effect: 'script', bulkId: null },
  }),
  CallAmbiguous: (_data, { call }) => ({ call: call && { ...call, isAmbiguous: true } }),
  CallRefused: ({ evidence }, { call }) => ({ call: call && refused(call, evidence) }),
  CallNotLanded: (_data, { call }) => ({
    call: call && { ...call, isOpen: false, notLanded: call.notLanded + 1 },
  }),
  ScriptAccepted: ({ task }) => ({ call: null, task }),
  DeploymentAccepted: ({ callNo, buildName, bulkId = null }) => ({
    call: null,
    deployment: { callNo, bulkId, ...unseen(buildName) },
  }),
  DeploymentProgressed: ({ status, buildStep }, { deployment }) => ({
    deployment: deployment && { ...deployment, status, buildStep },
  }),
  DeploymentSuperseded: ({ by }, { deployment }) => ({
    deployment: deployment && { ...deployment, supersededBy: by },
  }),
  DuplicateBuildDetected: ({ builds }, { deployment, notes }) => ({
    deployment: deployment && adopting(builds, deployment),
    notes: { ...notes, duplicateBuilds: builds },
  }),
  BuildNotVisible: (_data, { deployment }) => alarmed(deployment, 'not-visible'),
  BuildNotStarted: (_data, { deployment }) => alarmed(deployment, 'not-started'),
  StageParked: ({ eventId }, { notes }) => ({ notes: { ...notes, parkedEventId: eventId } }),
  HealthEvidenceRecorded: ({ status }, { notes }) => ({
    notes: { ...notes, reportedHealth: status },
  }),
  WaitingFor: ({ upgradeId: _id, attempt: _attempt, ...wait }, { notes }) => ({
    notes: { ...notes, waitingFor: wait },
  }),
  WaitEnded: ({ target, endedAt }, { notes }) => {
    const endedWait = endedAt === undefined ? notes.endedWait : { target, endedAt };
    return { notes: { ...notes, waitingFor: null, endedWait } };
  },
  StillWaiting: ({ changed }, { notes }) => ({
    notes: {
      ...notes,
      waitingFor: notes.waitingFor && { ...notes.waitingFor, ...placeIn(changed) },
    },
  }),
  PreUpgradeStarted: endsWaitForStart,
  UpgradeStarted: endsWaitForStart,
  PostUpgradeStarted: endsWaitForStart,
  VariablesRequested: (_data, { notes }) => ({ notes: { ...notes, variables: 'requested' } }),
  VariablesSet: (_data, { notes }) => ({ notes: { ...notes, variables: 'set' } }),
  StageRedriven: ({ n, requestedBy }, { notes }) => {
    const { byWatchdog } = notes.redriven;
    const redriven = { n, byWatchdog: requestedBy === undefined ? byWatchdog + 1 : byWatchdog };
    return { notes: { ...notes, redriven, parkedEventId: null } };
  },
  CancelWithoutEffect: ({ name }, { notes }) => ({
    notes: { ...notes, cancelWithoutEffect: name },
  }),
};

/** The place in a queue, and how long it will take, as evidence tells it. */
export function placeIn({ place, estimatedAt }: Evidence): Partial<Wait> {
  return {
    ...(typeof place === 'number' ? { place } : {}),
    ...(typeof estimatedAt === 'string' ? { estimatedAt } : {}),
  };
}

const FOR_START = /^(?:queue|admission|switch):/;

/** True if the wait is over as soon as the work of a stage begins. */
export function isWaitForStart(target: string): boolean {
  return FOR_START.test(target);
}

function endsWaitForStart(_data: unknown, { notes }: AttemptProgress): Partial<AttemptProgress> {
  const { waitingFor } = notes;
  return waitingFor !== null && isWaitForStart(waitingFor.target)
    ? { notes: { ...notes, waitingFor: null } }
    : UNCHANGED;
}

function asked(
  { marker, callNo }: { readonly marker: string; readonly callNo: number },
  before: CallState | null,
) {
  const isRepeat = before?.marker === marker;
  const { refusals, notLanded } = isRepeat ? before : { refusals: 0, notLanded: 0 };
  return { marker, callNo, isOpen: true, isAmbiguous: false, refusals, notLanded };
}

const NO_REFUSAL_OF_THE_CALL: readonly unknown[] = ['not-sent', 'unauthenticated'];

function refused(before: CallState, { cause }: Evidence): CallState {
  const refusals = NO_REFUSAL_OF_THE_CALL.includes(cause) ? before.refusals : before.refusals + 1;
  return { ...before, isOpen: false, refusals };
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

function alarmed(before: DeploymentState | null, alarm: BuildAlarm): Partial<AttemptProgress> {
  return { deployment: before && { ...before, alarms: [...before.alarms, alarm] } };
}
