import type {
  InstanceCommandData,
  InstanceCommandOf,
  InstanceCommandType,
} from '../instance/instance.commands';
import { EXAMPLE_EVENT_DATA } from './example-events';
import {
  ATTEMPT,
  BUILD,
  EVIDENCE,
  FAILURE,
  LOCATED,
  TASK,
  WORKER,
  WORK_ORDER,
} from './named-values';

const BY_WORKER = { ...ATTEMPT, worker: WORKER };

/** One value of every command, all of the same upgrade. */
export const EXAMPLE_COMMAND_DATA: InstanceCommandData = {
  RegisterInstance: EXAMPLE_EVENT_DATA.InstanceRegistered,
  ReportHealth: { status: 'running-unhealthy' },
  RequestUpgrade: {
    upgradeId: WORK_ORDER.upgradeId,
    strategy: WORK_ORDER.strategy,
    target: WORK_ORDER.target,
    deadlineAt: WORK_ORDER.deadlineAt,
    requestedBy: 'operator-7',
    reason: 'security release',
    rolloutId: null,
  },
  StartPreUpgrade: BY_WORKER,
  CompletePreUpgrade: {
    ...ATTEMPT,
    located: LOCATED,
    checks: EXAMPLE_EVENT_DATA.PreUpgradeCompleted.checks,
    task: TASK,
  },
  FailPreUpgrade: FAILURE,
  RequestDeployment: { ...BY_WORKER, bulkId: null },
  RepeatDeployment: { ...BY_WORKER, callNo: 1, evidence: EVIDENCE, bulkId: null },
  AcceptDeployment: { ...ATTEMPT, buildName: BUILD },
  ProgressDeployment: EXAMPLE_EVENT_DATA.DeploymentProgressed,
  RecordDuplicateBuilds: EXAMPLE_EVENT_DATA.DuplicateBuildDetected,
  CompleteUpgrade: { ...EXAMPLE_EVENT_DATA.UpgradeCompleted, supersededBy: null },
  RefuseDeployment: { ...FAILURE, callNo: 1 },
  FailUpgrade: FAILURE,
  DeclareOutcomeUnknown: { ...ATTEMPT, evidence: EVIDENCE },
  StartPostUpgrade: BY_WORKER,
  CompletePostUpgrade: { ...ATTEMPT, task: null },
  FailPostUpgrade: FAILURE,
  VerifyHealthy: { ...ATTEMPT, probes: EXAMPLE_EVENT_DATA.InstanceVerifiedHealthy.probes },
  FindUnhealthy: FAILURE,
  FindUnresponsive: FAILURE,
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
