import type {
  InstanceEventData,
  InstanceEventOf,
  InstanceEventType,
} from '../instance/instance.events';
import {
  ATTEMPT,
  BUILD,
  EVIDENCE,
  FAILURE,
  LABELS,
  LOCATED_ORDER,
  MARKER,
  PROFILE,
  SCRIPT_MARKER,
  TASK,
  WORKER,
  WORK_ORDER,
} from './named-values';

const STARTED = { ...ATTEMPT, worker: WORKER };
const ASKED = { requestedBy: 'operator-7', reason: 'security release' };

/** One value of every event, all of the same upgrade. */
export const EXAMPLE_EVENT_DATA: InstanceEventData = {
  InstanceRegistered: { profile: PROFILE, labels: LABELS, status: 'running-healthy-claimed' },
  HealthReported: { status: 'running-unhealthy' },
  HealthEvidenceRecorded: { ...ATTEMPT, status: 'running-unhealthy' },
  UpgradeRequested: { workOrder: WORK_ORDER, ...ASKED, rolloutId: null },
  PreUpgradeStarted: STARTED,
  PreUpgradeCompleted: {
    ...ATTEMPT,
    checks: [{ name: 'environment-exists', passed: true, detail: 'main' }],
    task: TASK,
  },
  PreUpgradeFailed: FAILURE,
  UpgradePending: { workOrder: LOCATED_ORDER },
  VariablesRequested: { ...STARTED, names: ['FEATURE_X'] },
  VariablesSet: { ...ATTEMPT, written: ['FEATURE_X'], unchanged: [] },
  UpgradeStarted: STARTED,
  DeploymentRequested: { ...STARTED, callNo: 1, marker: MARKER, bulkId: null },
  ScriptRequested: { ...STARTED, step: 'pre-upgrade', callNo: 1, marker: SCRIPT_MARKER },
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
    workOrder: { ...LOCATED_ORDER, cancelRequested: true },
    buildName: BUILD,
  },
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
  PostUpgradePending: { workOrder: LOCATED_ORDER },
  PostUpgradeStarted: STARTED,
  PostUpgradeCompleted: { workOrder: LOCATED_ORDER, task: null },
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
  WaitingFor: {
    ...ATTEMPT,
    target: 'lagoon:eu-1',
    since: '2026-03-01T10:00:00.000Z',
    stage: 'upgrade',
  },
  WaitEnded: { ...ATTEMPT, target: 'lagoon:eu-1', waitedMs: 600_000 },
  StageParked: { ...ATTEMPT, stage: 'upgrade', eventId: 'event-5', reason: 'handler-threw' },
  StageRedriven: { workOrder: LOCATED_ORDER, stage: 'upgrade', n: 1 },
  UpgradeCancelRequested: { ...ATTEMPT, ...ASKED },
  UpgradeCancelled: { ...ATTEMPT, status: 'running-healthy-claimed' },
  UpgradeRetried: {
    workOrder: { ...LOCATED_ORDER, attempt: 2 },
    ...ASKED,
    fromStage: 'upgrade',
  },
  UpgradeAbandoned: { workOrder: LOCATED_ORDER, ...ASKED },
};

/** The named event, with some of its data changed. */
export function event<Type extends InstanceEventType>(
  type: Type,
  changes: Partial<InstanceEventData[Type]> = {},
): InstanceEventOf<Type> {
  return { type, data: { ...EXAMPLE_EVENT_DATA[type], ...changes } };
}
