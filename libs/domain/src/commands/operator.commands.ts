import type { HealthyStatus, InstanceStatus, RunningStatus } from '../status';
import { HEALTHY_STATUSES, isHealthy, RUNNING_STATUSES } from '../status';
import {
  ClaimAxisCrossedError,
  ClaimUnknownError,
  InvalidTargetError,
  OutcomeUnknownError,
  StartByPassedError,
  StatusNotAllowedError,
  StrategyNotEnabledError,
  UpgradeInFlightError,
} from '../instance/instance.errors';
import { LIFECYCLE } from '../instance/instance.lifecycle';
import type { EndedUpgrade, RestingInstance } from '../instance/instance.state';
import { isOfUpgrade } from '../instance/instance.state';
import type { Priority } from '../instance/work-order';
import type { UpgradePlan, UpgradeStrategy, UpgradeTarget } from '../instance/upgrade-target';
import { UPGRADE_STRATEGIES, whyTargetIsInvalid } from '../instance/upgrade-target';
import type { WorkOrder } from '../instance/work-order';
import type { CancelRequest } from './cancel.commands';
import { cancelUpgrade } from './cancel.commands';
import type { CommandRow } from './command-row';

/** What people and services ask for. */
export interface OperatorCommands {
  ReportHealth: { readonly status: RunningStatus };
  RequestUpgrade: {
    readonly upgradeId: string;
    /** Null: the instance's own plan, and without one `redeploy-latest`. */
    readonly strategy: UpgradeStrategy | null;
    readonly target: UpgradeTarget | null;
    /** What this installation permits. */
    readonly enabledStrategies: readonly UpgradeStrategy[];
    readonly requestedBy: string;
    readonly reason: string;
    /** The upgrade that is to mend an ill app: it may begin in an ill status. */
    readonly repair: boolean;
    readonly rolloutId: string | null;
    readonly waveId: string | null;
    /** Time of a whole attempt. */
    readonly attemptMs: number;
    readonly startBy: string | null;
    readonly priority: Priority | null;
    /** Written like `startBy`. */
    readonly requestedAt: string;
  };
  CancelUpgrade: CancelRequest;
}

type HealthReport = OperatorCommands['ReportHealth'];
type UpgradeRequest = OperatorCommands['RequestUpgrade'];

/** Throws if the plan is not permitted here, or does not fit. */
export function refuseMisfit(
  { strategy, target }: UpgradePlan,
  enabled: readonly UpgradeStrategy[] = UPGRADE_STRATEGIES,
): void {
  if (!enabled.includes(strategy)) throw new StrategyNotEnabledError(strategy, enabled);
  const problem = whyTargetIsInvalid(strategy, target);
  if (problem !== null) throw new InvalidTargetError(problem);
}

const MAY_REPORT = LIFECYCLE.HealthReported.from;
const MAY_TESTIFY = LIFECYCLE.HealthEvidenceRecorded.from;

/** During an upgrade a report is evidence for the verification, not a transition. */
const reportHealth: CommandRow<HealthReport, (typeof MAY_REPORT | typeof MAY_TESTIFY)[number]> = {
  in: [...MAY_REPORT, ...MAY_TESTIFY],
  decide({ status }, state) {
    if (state.kind === 'resting') {
      refuseToCross(state.claim, status, state.status);
      return state.status === status ? [] : [{ type: 'HealthReported', data: { status } }];
    }
    const { upgradeId, attempt, originStatus } = state.workOrder;
    refuseToCross(originStatus, status, state.status);
    return state.notes.reportedHealth === status
      ? []
      : [{ type: 'HealthEvidenceRecorded', data: { upgradeId, attempt, status } }];
  },
  elsewhere(_data, state) {
    if (state.kind === 'resting') {
      throw new StatusNotAllowedError('ReportHealth', state.status, MAY_REPORT);
    }
    throw new UpgradeInFlightError(state.status, state.workOrder.upgradeId, MAY_REPORT);
  },
};

function refuseToCross(
  claim: HealthyStatus | null,
  reported: RunningStatus,
  currentStatus: InstanceStatus,
): void {
  if (isHealthy(reported) && claim !== null && claim !== reported) {
    throw new ClaimAxisCrossedError(currentStatus, reported, claim);
  }
}

const requestUpgrade: CommandRow<UpgradeRequest, RunningStatus> = {
  in: RUNNING_STATUSES,
  decide(data, state) {
    if (isOfUpgrade(state, data)) return [];
    refuseIll(data, state);
    refuseUnsettled(state.lastUpgrade);
    const { strategy, target } = planFor(data, state);
    const { upgradeId, requestedBy, reason, rolloutId, waveId, attemptMs } = data;
    const { startBy, priority, requestedAt } = data;
    if (startBy !== null && startBy <= requestedAt) throw new StartByPassedError(startBy);
    const workOrder = {
      ...newOrder(state),
      upgradeId,
      strategy,
      target,
      attemptMs,
      ...(startBy === null ? {} : { startBy }),
      ...(priority === null ? {} : { priority }),
      ...(waveId === null ? {} : { waveId }),
    };
    return [{ type: 'UpgradeRequested', data: { workOrder, requestedBy, reason, rolloutId } }];
  },
  elsewhere(data, state) {
    if (isOfUpgrade(state, data)) return [];
    if (state.kind === 'resting') {
      throw new StatusNotAllowedError('RequestUpgrade', state.status, HEALTHY_STATUSES);
    }
    throw new UpgradeInFlightError(state.status, state.workOrder.upgradeId, HEALTHY_STATUSES);
  },
};

/** Throws while a call of an earlier attempt may still take effect, or what it began may still run. */
export function refuseUnsettled(ended: Pick<EndedUpgrade, 'unsettled'> | null): void {
  const unsettled = ended?.unsettled ?? null;
  if (unsettled !== null) throw new OutcomeUnknownError(unsettled.marker, unsettled.buildName);
}

function refuseIll({ repair }: UpgradeRequest, { status }: RestingInstance): void {
  if (repair || isHealthy(status)) return;
  throw new StatusNotAllowedError('RequestUpgrade', status, HEALTHY_STATUSES);
}

/** What the request says, else the instance's own plan; refused if it is not permitted or does not fit. */
function planFor(
  { strategy, target, enabledStrategies }: UpgradeRequest,
  { profile }: RestingInstance,
): UpgradePlan {
  const usual = profile.upgrade ?? { strategy: 'redeploy-latest', target: null };
  const isUsual = strategy === null && target === null;
  const plan = isUsual ? usual : { strategy: strategy ?? usual.strategy, target };
  refuseMisfit(plan, enabledStrategies);
  return plan;
}

/** The first work order of an upgrade, but for what the request says. */
export function newOrder({
  profile,
  claim,
  status,
  deployedRef,
}: RestingInstance): Omit<WorkOrder, 'upgradeId' | 'strategy' | 'target'> {
  if (claim === null) throw new ClaimUnknownError(status);
  const isResponding = status !== 'running-unresponsive';
  const repairs = isResponding ? 'running-unhealthy' : 'running-unresponsive';
  return {
    attempt: 1,
    profile,
    located: null,
    originStatus: claim,
    ...(status === claim ? {} : { repairs }),
    ...(deployedRef === null ? {} : { replacedRef: deployedRef }),
  };
}

export const OPERATOR = {
  ReportHealth: reportHealth,
  RequestUpgrade: requestUpgrade,
  CancelUpgrade: cancelUpgrade,
};
