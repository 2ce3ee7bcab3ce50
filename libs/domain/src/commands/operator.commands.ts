import type { HealthyStatus, InstanceStatus, RestingStatus, RunningStatus } from '../status';
import {
  HEALTHY_STATUSES,
  isHealthy,
  isInFlight,
  RESTING_STATUSES,
  RUNNING_STATUSES,
} from '../status';
import {
  ClaimAxisCrossedError,
  ClaimUnknownError,
  InstanceAlreadyRegisteredError,
  InvalidHealthProbeError,
  InvalidTargetError,
  OutcomeUnknownError,
  StartByPassedError,
  StatusNotAllowedError,
  StatusNotImportableError,
  StrategyNotEnabledError,
  UpgradeInFlightError,
} from '../instance/instance.errors';
import type { AskedBy, InstanceEventData } from '../instance/instance.events';
import { whyHealthProbeIsInvalid } from '../instance/instance.profile';
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
  RegisterInstance: InstanceEventData['InstanceRegistered'];
  DeregisterInstance: AskedBy;
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

type Registration = OperatorCommands['RegisterInstance'];
type HealthReport = OperatorCommands['ReportHealth'];
type UpgradeRequest = OperatorCommands['RequestUpgrade'];

const registerInstance: CommandRow<Registration, 'absent'> = {
  in: ['absent'],
  decide(data) {
    refuseInvalid(data);
    return [{ type: 'InstanceRegistered', data }];
  },
  elsewhere(data, state) {
    refuseInvalid(data);
    const isSame =
      state.kind === 'resting' &&
      state.status === data.status &&
      deepEqual(state.profile, data.profile);
    if (isSame) return [];
    if (state.status === 'removed') return [{ type: 'InstanceRegistered', data }];
    throw new InstanceAlreadyRegisteredError(state.status);
  },
};

/** What may still run in Lagoon must not be forgotten: the environment could become another instance at once. */
const deregisterInstance: CommandRow<AskedBy, RestingStatus> = {
  in: RESTING_STATUSES,
  decide(data, { lastUpgrade }) {
    refuseUnsettled(lastUpgrade);
    return [{ type: 'InstanceDeregistered', data }];
  },
  elsewhere(_data, state) {
    if (state.kind === 'resting') return [];
    throw new UpgradeInFlightError(state.status, state.workOrder.upgradeId, RESTING_STATUSES);
  },
};

function refuseInvalid({ status, profile: { upgrade, healthProbe } }: Registration): void {
  if (isInFlight(status)) throw new StatusNotImportableError(status);
  const problem = whyHealthProbeIsInvalid(healthProbe);
  if (problem !== null) throw new InvalidHealthProbeError(problem);
  if (upgrade !== undefined) refuseMisfit(upgrade);
}

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
  RegisterInstance: registerInstance,
  DeregisterInstance: deregisterInstance,
  ReportHealth: reportHealth,
  RequestUpgrade: requestUpgrade,
  CancelUpgrade: cancelUpgrade,
};

/** Equality of plain JSON values, whatever the order of keys. */
export function deepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    Array.isArray(left) === Array.isArray(right) &&
    keys.length === Object.keys(right).length &&
    keys.every((key) => key in right && deepEqual(left[key], right[key]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
