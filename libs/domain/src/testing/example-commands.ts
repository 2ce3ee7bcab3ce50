import type {
  InstanceCommandData,
  InstanceCommandOf,
  InstanceCommandType,
} from '../instance/instance.commands';
import { UPGRADE_STRATEGIES } from '../instance/upgrade-strategy';
import { EXAMPLE_EVENT_DATA } from './example-events';
import {
  ATTEMPT,
  BUILD,
  EVIDENCE,
  FAILURE,
  LOCATED,
  MARKER,
  TASK,
  WORKER,
  WORK_ORDER,
} from './named-values';

const BY_WORKER = { ...ATTEMPT, worker: WORKER };
const CALL = { ...ATTEMPT, marker: MARKER, callNo: 1 };

/** One value of every command, all of the same upgrade. */
export const EXAMPLE_COMMAND_DATA: InstanceCommandData = {
  RegisterInstance: EXAMPLE_EVENT_DATA.InstanceRegistered,
  ReportHealth: { status: 'running-unhealthy' },
  RequestUpgrade: {
    upgradeId: WORK_ORDER.upgradeId,
    strategy: WORK_ORDER.strategy,
    target: WORK_ORDER.target,
    enabledStrategies: UPGRADE_STRATEGIES,
    waveId: null,
    deadlineAt: WORK_ORDER.deadlineAt,
    requestedBy: 'operator-7',
    reason: 'security release',
    rolloutId: null,
  },
  CancelUpgrade: {
    upgradeId: WORK_ORDER.upgradeId,
    requestedBy: 'operator-7',
    reason: 'wrong release',
  },
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
  RecordLateOutcome: {
    ...EXAMPLE_EVENT_DATA.LateOutcomeObserved,
    deadlineAt: '2026-03-02T22:00:00.000Z',
  },
  StartPostUpgrade: BY_WORKER,
  CompletePostUpgrade: { ...ATTEMPT, task: null },
  FailPostUpgrade: FAILURE,
  VerifyHealthy: { ...ATTEMPT, probes: EXAMPLE_EVENT_DATA.InstanceVerifiedHealthy.probes },
  FindUnhealthy: FAILURE,
  FindUnresponsive: FAILURE,
  RecordWait: EXAMPLE_EVENT_DATA.WaitingFor,
  EndWait: EXAMPLE_EVENT_DATA.WaitEnded,
  TimeOutStage: {
    ...ATTEMPT,
    stage: 'pre-upgrade',
    seenStatus: 'pre-upgrade-running',
    since: '2026-03-01T10:00:00.000Z',
    limitMs: 600_000,
  },
  ParkStage: EXAMPLE_EVENT_DATA.StageParked,
};

/** The named command, with some of its data changed. */
export function command<Type extends InstanceCommandType>(
  type: Type,
  changes: Partial<InstanceCommandData[Type]> = {},
): InstanceCommandOf<Type> {
  return { type, data: { ...EXAMPLE_COMMAND_DATA[type], ...changes } };
}
