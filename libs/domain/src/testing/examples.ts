import type {
  InstanceCommandData,
  InstanceCommandOf,
  InstanceCommandType,
} from '../commands/instance.decider';
import type {
  InstanceEventData,
  InstanceEventOf,
  InstanceEventType,
} from '../instance/instance.events';
import { FOLD_VERSION } from '../instance/instance.snapshot';
import { UPGRADE_STRATEGIES } from '../instance/upgrade-target';
import {
  ATTEMPT,
  BUILD,
  DEPLOYED_ORDER,
  EVIDENCE,
  FAILURE,
  LABELS,
  LOCATED,
  LOCATED_ORDER,
  MARKER,
  OTHER_UPGRADE,
  PROFILE,
  SCRIPT_MARKER,
  TASK,
  WORKER,
  WORK_ORDER,
} from './example-upgrade';

export * from './example-upgrade';

const BY_WORKER = { ...ATTEMPT, worker: WORKER };
const ADOPTED = { kind: 'adopt', buildName: BUILD } as const;
/** Another probe and another script than the example is registered with. */
const CHANGES = {
  scripts: { preUpgrade: null, postUpgrade: { service: 'cli', command: 'migrate --all' } },
  healthProbe: { path: '/ready', acceptStatuses: [] },
} as const;
export const OTHER_PROFILE = { ...PROFILE, ...CHANGES };
export const ASKED = { requestedBy: 'operator-7', reason: 'security release' };

/** One value of every event, all of the same upgrade. */
export const EXAMPLE_EVENT_DATA: InstanceEventData = {
  InstanceRegistered: { profile: PROFILE, labels: LABELS, status: 'running-healthy-claimed' },
  InstanceUpdated: { profile: OTHER_PROFILE, labels: { tenant: 'hamburg' }, ...ASKED },
  InstanceClaimed: ASKED,
  InstanceUnclaimed: ASKED,
  DeregistrationRequested: { ...ATTEMPT, ...ASKED },
  DeregistrationDelayed: {
    ...ATTEMPT,
    unsettled: { effect: 'deployment', step: null, marker: MARKER, buildName: BUILD },
  },
  InstanceDeregistered: ASKED,
  HealthReported: { status: 'running-unhealthy' },
  HealthEvidenceRecorded: { ...ATTEMPT, status: 'running-unhealthy' },
  UpgradeRequested: { workOrder: WORK_ORDER, ...ASKED, rolloutId: null },
  UpgradePrioritized: { ...ATTEMPT, priority: 'urgent', ...ASKED },
  UpgradeExpired: {
    ...ATTEMPT,
    status: 'running-healthy-claimed',
    startBy: '2026-03-01T12:00:00.000Z',
  },
  PreUpgradeStarted: BY_WORKER,
  PreUpgradeCompleted: {
    ...ATTEMPT,
    checks: [{ name: 'environment-exists', passed: true, detail: 'main' }],
    task: TASK,
  },
  PreUpgradeFailed: FAILURE,
  UpgradePending: { workOrder: LOCATED_ORDER },
  VariablesRequested: { ...BY_WORKER, names: ['FEATURE_X'] },
  VariablesSet: { ...ATTEMPT, written: ['FEATURE_X'], unchanged: [] },
  UpgradeStarted: BY_WORKER,
  DeploymentRequested: { ...BY_WORKER, callNo: 1, marker: MARKER, bulkId: null },
  ScriptRequested: { ...BY_WORKER, step: 'pre-upgrade', callNo: 1, marker: SCRIPT_MARKER },
  ScriptAccepted: { ...ATTEMPT, step: 'pre-upgrade', callNo: 1, task: TASK },
  CallAmbiguous: { ...ATTEMPT, callNo: 1, evidence: EVIDENCE },
  CallRefused: { ...ATTEMPT, callNo: 1, evidence: EVIDENCE },
  CallNotLanded: { ...ATTEMPT, callNo: 1, evidence: EVIDENCE },
  DeploymentAccepted: { workOrder: LOCATED_ORDER, buildName: BUILD, callNo: 1 },
  DeploymentProgressed: { ...ATTEMPT, status: 'running', buildStep: 'Image Build' },
  DeploymentSuperseded: { ...ATTEMPT, by: 'lagoon-build-zzz' },
  DuplicateBuildDetected: { ...ATTEMPT, builds: [BUILD, 'lagoon-build-zzz'] },
  BuildNotVisible: { ...ATTEMPT, buildName: BUILD, since: '2026-03-01T10:00:00.000Z' },
  BuildNotStarted: {
    ...ATTEMPT,
    buildName: BUILD,
    status: 'new',
    since: '2026-03-01T10:00:00.000Z',
  },
  DeploymentCancelled: {
    workOrder: { ...LOCATED_ORDER, cancelRequested: true, leftAt: 'upgrade' },
    buildName: BUILD,
  },
  ScriptCancelled: {
    workOrder: { ...LOCATED_ORDER, cancelRequested: true, leftAt: 'pre-upgrade' },
    step: 'pre-upgrade',
    task: TASK,
  },
  CancelWithoutEffect: { ...ATTEMPT, name: TASK.taskName, evidence: EVIDENCE },
  UpgradeCancelTooLate: { ...ATTEMPT, buildName: BUILD },
  OutcomeUnknown: { ...ATTEMPT, evidence: EVIDENCE },
  LateOutcomeObserved: { ...ATTEMPT, status: 'complete', buildName: BUILD },
  UpgradeCompleted: {
    ...ATTEMPT,
    buildName: BUILD,
    warnings: false,
    queuedMs: 4_000,
    buildMs: 480_000,
  },
  UpgradeFailed: FAILURE,
  PostUpgradePending: { workOrder: DEPLOYED_ORDER },
  PostUpgradeStarted: BY_WORKER,
  PostUpgradeCompleted: { workOrder: DEPLOYED_ORDER, task: null },
  PostUpgradeFailed: FAILURE,
  InstanceVerifiedHealthy: {
    ...ATTEMPT,
    status: 'running-healthy-claimed',
    probes: [{ url: 'https://shop.example/', outcome: 'healthy', status: 200, durationMs: 12 }],
  },
  InstanceFoundUnhealthy: FAILURE,
  InstanceFoundUnresponsive: FAILURE,
  StageTimedOut: {
    ...ATTEMPT,
    stage: 'pre-upgrade',
    status: 'pre-upgrade-running',
    since: '2026-03-01T10:00:00.000Z',
    limitMs: 600_000,
  },
  StillWaiting: {
    ...ATTEMPT,
    target: 'lagoon:eu-1',
    since: '2026-03-01T10:00:00.000Z',
    changed: { waitedMs: 1_800_000 },
  },
  WaitingFor: {
    ...ATTEMPT,
    target: 'lagoon:eu-1',
    since: '2026-03-01T10:00:00.000Z',
    stage: 'upgrade',
  },
  WaitEnded: { ...ATTEMPT, target: 'lagoon:eu-1', waitedMs: 600_000 },
  StageParked: { ...ATTEMPT, stage: 'upgrade', eventId: 'event-5', reason: 'handler-threw' },
  StageRedriven: { workOrder: LOCATED_ORDER, stage: 'upgrade', n: 1, ...ASKED },
  InstanceParked: { ...ATTEMPT, ...ASKED },
  InstanceUnparked: { workOrder: LOCATED_ORDER, ...ASKED },
  OutcomeResolutionRequested: { ...ATTEMPT, ...ASKED, resolution: ADOPTED },
  OutcomeResolved: { ...ATTEMPT, resolution: ADOPTED, evidence: EVIDENCE },
  OutcomeResolutionRefused: {
    ...ATTEMPT,
    resolution: { kind: 'not-landed' },
    reason: 'build-exists',
    evidence: EVIDENCE,
  },
  UpgradeCancelRequested: { ...ATTEMPT, ...ASKED },
  UpgradeCancelled: { ...ATTEMPT, status: 'running-healthy-claimed' },
  UpgradeRetried: {
    workOrder: { ...LOCATED_ORDER, attempt: 2 },
    ...ASKED,
    fromStage: 'upgrade',
  },
  UpgradeAbandoned: {
    workOrder: { ...LOCATED_ORDER, attempt: 2, leftAt: 'upgrade' },
    ...ASKED,
  },
  CommandNoted: { command: 'ReportHealth' },
  InstanceSnapshotTaken: {
    foldVersion: FOLD_VERSION,
    state: {
      kind: 'resting',
      status: 'running-healthy-claimed',
      profile: PROFILE,
      claim: 'running-healthy-claimed',
      lastUpgrade: null,
      deployedRef: null,
    },
    registration: { revision: 0 },
    notesInARow: 1,
    commands: { page: '0b1c6c0e000000007d0c6c0e00000001', earlier: [], closed: false },
  },
};

/** The named event, with some of its data changed. */
export function event<Type extends InstanceEventType>(
  type: Type,
  changes: Partial<InstanceEventData[Type]> = {},
): InstanceEventOf<Type> {
  return { type, data: { ...EXAMPLE_EVENT_DATA[type], ...changes } };
}

const CALL = { ...ATTEMPT, marker: MARKER, callNo: 1 };

/** One value of every command, all of the same upgrade. */
export const EXAMPLE_COMMAND_DATA: InstanceCommandData = {
  RegisterInstance: EXAMPLE_EVENT_DATA.InstanceRegistered,
  UpdateInstance: { changes: CHANGES, labels: null, ...ASKED },
  ClaimInstance: ASKED,
  UnclaimInstance: ASKED,
  DeregisterInstance: ASKED,
  ReportHealth: { status: 'running-unhealthy' },
  RequestUpgrade: {
    upgradeId: WORK_ORDER.upgradeId,
    strategy: WORK_ORDER.strategy,
    target: WORK_ORDER.target,
    enabledStrategies: UPGRADE_STRATEGIES,
    waveId: null,
    attemptMs: 43_200_000,
    startBy: null,
    priority: null,
    requestedAt: '2026-03-01T10:00:00.000Z',
    repair: false,
    requestedBy: 'operator-7',
    reason: 'security release',
    rolloutId: null,
  },
  CancelUpgrade: {
    upgradeId: WORK_ORDER.upgradeId,
    requestedBy: 'operator-7',
    reason: 'wrong release',
  },
  PrioritizeUpgrade: { upgradeId: WORK_ORDER.upgradeId, priority: 'urgent', ...ASKED },
  ExpireUpgrade: ATTEMPT,
  RetryUpgrade: {
    upgradeId: WORK_ORDER.upgradeId,
    ...ASKED,
    fromStage: null,
    redeploy: false,
    strategy: null,
    target: null,
    enabledStrategies: UPGRADE_STRATEGIES,
    attemptMs: 43_200_000,
  },
  AbandonUpgrade: {
    upgradeId: WORK_ORDER.upgradeId,
    ...ASKED,
    attemptMs: 43_200_000,
  },
  ResolveOutcome: { upgradeId: WORK_ORDER.upgradeId, ...ASKED, resolution: ADOPTED },
  RollBackUpgrade: {
    upgradeId: OTHER_UPGRADE,
    rollsBack: WORK_ORDER.upgradeId,
    ...ASKED,
    enabledStrategies: UPGRADE_STRATEGIES,
    attemptMs: 43_200_000,
  },
  ParkInstance: ASKED,
  UnparkInstance: ASKED,
  RedriveStage: { upgradeId: WORK_ORDER.upgradeId, ...ASKED },
  RedriveStalledStage: { ...ATTEMPT, seenStatus: 'pending-upgrade', most: 3 },
  ConfirmResolution: {
    ...ATTEMPT,
    resolution: ADOPTED,
    evidence: EVIDENCE,
    adopted: { phase: 'complete', task: null },
    marker: MARKER,
    callNo: 1,
    attemptMs: 43_200_000,
  },
  RefuseResolution: { ...EXAMPLE_EVENT_DATA.OutcomeResolutionRefused, reason: 'build-exists' },
  StartPreUpgrade: BY_WORKER,
  CompletePreUpgrade: {
    ...ATTEMPT,
    located: LOCATED,
    checks: EXAMPLE_EVENT_DATA.PreUpgradeCompleted.checks,
    task: TASK,
  },
  FailPreUpgrade: FAILURE,
  RequestVariables: BY_WORKER,
  RecordVariables: EXAMPLE_EVENT_DATA.VariablesSet,
  StartUpgrade: { ...BY_WORKER, bulkId: null },
  RequestScript: { ...BY_WORKER, step: 'pre-upgrade' },
  AcceptScript: { ...ATTEMPT, step: 'pre-upgrade', task: TASK },
  NoteAmbiguousCall: { ...CALL, evidence: EVIDENCE },
  RepeatCall: { ...CALL, evidence: EVIDENCE, worker: WORKER },
  RefuseCall: { ...CALL, ...FAILURE, tries: 1 },
  RetryCall: { ...CALL, worker: WORKER },
  AcceptDeployment: { ...ATTEMPT, buildName: BUILD },
  ProgressDeployment: EXAMPLE_EVENT_DATA.DeploymentProgressed,
  RecordDuplicateBuilds: EXAMPLE_EVENT_DATA.DuplicateBuildDetected,
  SupersedeDeployment: EXAMPLE_EVENT_DATA.DeploymentSuperseded,
  ReportInvisibleBuild: EXAMPLE_EVENT_DATA.BuildNotVisible,
  ReportUnstartedBuild: EXAMPLE_EVENT_DATA.BuildNotStarted,
  CompleteUpgrade: EXAMPLE_EVENT_DATA.UpgradeCompleted,
  FailUpgrade: FAILURE,
  DeclareOutcomeUnknown: { ...ATTEMPT, buildName: null, evidence: EVIDENCE },
  ConfirmCancel: { ...ATTEMPT, buildName: BUILD },
  ConfirmScriptCancel: { ...ATTEMPT, located: LOCATED, task: TASK, outcome: 'cancelled' },
  ReportCancelWithoutEffect: EXAMPLE_EVENT_DATA.CancelWithoutEffect,
  RecordLateOutcome: {
    ...EXAMPLE_EVENT_DATA.LateOutcomeObserved,
    attemptMs: 3_600_000,
    task: null,
    located: LOCATED,
  },
  StartPostUpgrade: BY_WORKER,
  CompletePostUpgrade: { ...ATTEMPT, task: null },
  FailPostUpgrade: FAILURE,
  VerifyHealthy: { ...ATTEMPT, probes: EXAMPLE_EVENT_DATA.InstanceVerifiedHealthy.probes },
  FindUnhealthy: FAILURE,
  FindUnresponsive: FAILURE,
  RecordWait: EXAMPLE_EVENT_DATA.WaitingFor,
  EndWait: EXAMPLE_EVENT_DATA.WaitEnded,
  NoteStillWaiting: EXAMPLE_EVENT_DATA.StillWaiting,
  TimeOutStage: {
    ...ATTEMPT,
    stage: 'pre-upgrade',
    seenStatus: 'pre-upgrade-running',
    since: '2026-03-01T10:00:00.000Z',
    limitMs: 600_000,
  },
  ParkStage: EXAMPLE_EVENT_DATA.StageParked,
  TakeFirstStep: {
    ...ATTEMPT,
    start: { type: 'StartPreUpgrade', data: BY_WORKER },
    step: { type: 'FailPreUpgrade', data: FAILURE },
  },
};

/** The named command, with some of its data changed. */
export function command<Type extends InstanceCommandType>(
  type: Type,
  changes: Partial<InstanceCommandData[Type]> = {},
): InstanceCommandOf<Type> {
  return { type, data: { ...EXAMPLE_COMMAND_DATA[type], ...changes } };
}
