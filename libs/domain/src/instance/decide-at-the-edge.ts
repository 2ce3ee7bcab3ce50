import type { HealthyStatus, InstanceStatus, RunningStatus } from '../status';
import { HEALTHY_STATUSES, isHealthy } from '../status';
import { deepEqual } from './deep-equal';
import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import {
  CancelTooLateError,
  ClaimAxisCrossedError,
  InstanceAlreadyRegisteredError,
  InstanceUnknownError,
  InvalidTargetError,
  StatusNotAllowedError,
  StatusNotImportableError,
  StrategyNotEnabledError,
  UpgradeInFlightError,
  UpgradeNotInFlightError,
} from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { Transition } from './instance.lifecycle';
import { isInFlight, LIFECYCLE } from './instance.lifecycle';
import type { InstanceState, RestingInstance, UpgradingInstance } from './instance.state';
import type { UpgradePlan } from './upgrade-target';
import { whyTargetIsInvalid } from './upgrade-target';
import { cancelled } from './events-of-call';

type EdgeCommand = InstanceCommandOf<
  'RegisterInstance' | 'ReportHealth' | 'RequestUpgrade' | 'CancelUpgrade'
>;

/** Commands of people and services, as opposed to a worker's report. */
export function decideAtTheEdge(
  command: EdgeCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  if (command.type === 'RegisterInstance') return register(command.data, state);
  if (state.kind === 'absent') throw new InstanceUnknownError();
  switch (command.type) {
    case 'ReportHealth':
      return reportHealth(command.data, state);
    case 'RequestUpgrade':
      return requestUpgrade(command.data, state);
    case 'CancelUpgrade':
      return cancelUpgrade(command.data, state);
  }
}

function register(
  data: InstanceCommandData['RegisterInstance'],
  state: InstanceState,
): readonly InstanceEvent[] {
  if (isInFlight(data.status)) throw new StatusNotImportableError(data.status);
  const { upgrade } = data.profile;
  const problem =
    upgrade === undefined ? null : whyTargetIsInvalid(upgrade.strategy, upgrade.target);
  if (problem !== null) throw new InvalidTargetError(problem);
  if (state.kind === 'absent') return [{ type: 'InstanceRegistered', data }];
  const isSame =
    state.kind === 'resting' &&
    state.status === data.status &&
    deepEqual(state.profile, data.profile);
  if (isSame) return [];
  throw new InstanceAlreadyRegisteredError(state.status);
}

function reportHealth(
  { status }: InstanceCommandData['ReportHealth'],
  state: RestingInstance | UpgradingInstance,
): readonly InstanceEvent[] {
  if (state.kind === 'upgrading') return healthDuringUpgrade(status, state);
  const { from }: Transition = LIFECYCLE.HealthReported;
  if (!from.includes(state.status)) {
    throw new StatusNotAllowedError('ReportHealth', state.status, from);
  }
  refuseToCross(state.claim, status, state.status);
  return state.status === status ? [] : [{ type: 'HealthReported', data: { status } }];
}

function healthDuringUpgrade(
  status: InstanceCommandData['ReportHealth']['status'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { upgradeId, attempt, originStatus } = state.workOrder;
  if (state.status !== 'post-upgrade-completed') {
    throw new UpgradeInFlightError(state.status, upgradeId, LIFECYCLE.HealthReported.from);
  }
  refuseToCross(originStatus, status, state.status);
  return state.notes.reportedHealth === status
    ? []
    : [{ type: 'HealthEvidenceRecorded', data: { upgradeId, attempt, status } }];
}

function refuseToCross(
  claim: HealthyStatus | null,
  reported: RunningStatus,
  currentStatus: InstanceStatus,
): void {
  if (isHealthy(reported) && claim !== null && claim !== reported) {
    throw new ClaimAxisCrossedError(currentStatus, reported, claim);
  }
}

function requestUpgrade(
  data: InstanceCommandData['RequestUpgrade'],
  state: RestingInstance | UpgradingInstance,
): readonly InstanceEvent[] {
  if (state.kind === 'upgrading') return whileInFlight(data, state);
  if (state.lastUpgrade?.workOrder.upgradeId === data.upgradeId) return [];
  if (!isHealthy(state.status)) {
    throw new StatusNotAllowedError('RequestUpgrade', state.status, HEALTHY_STATUSES);
  }
  const { strategy, target } = planFor(data, state);
  const { upgradeId, requestedBy, reason, rolloutId, waveId, deadlineAt } = data;
  const workOrder = {
    upgradeId,
    attempt: 1,
    profile: state.profile,
    located: null,
    strategy,
    target,
    originStatus: state.status,
    deadlineAt,
    ...(waveId === null ? {} : { waveId }),
  };
  return [{ type: 'UpgradeRequested', data: { workOrder, requestedBy, reason, rolloutId } }];
}

/** What the request says, else the instance's own plan; refused if it is not permitted or does not fit. */
function planFor(
  { strategy, target, enabledStrategies }: InstanceCommandData['RequestUpgrade'],
  { profile }: RestingInstance,
): UpgradePlan {
  const usual = profile.upgrade ?? { strategy: 'redeploy-latest', target: null };
  const plan = strategy === null && target === null ? usual : named(strategy, target, usual);
  if (!enabledStrategies.includes(plan.strategy)) {
    throw new StrategyNotEnabledError(plan.strategy, enabledStrategies);
  }
  const problem = whyTargetIsInvalid(plan.strategy, plan.target);
  if (problem !== null) throw new InvalidTargetError(problem);
  return plan;
}

/** A target without a strategy is meant for the usual one. */
function named(
  strategy: UpgradePlan['strategy'] | null,
  target: UpgradePlan['target'],
  usual: UpgradePlan,
): UpgradePlan {
  return { strategy: strategy ?? usual.strategy, target };
}

function whileInFlight(
  data: InstanceCommandData['RequestUpgrade'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { upgradeId } = state.workOrder;
  if (upgradeId === data.upgradeId) return [];
  throw new UpgradeInFlightError(state.status, upgradeId, HEALTHY_STATUSES);
}

/** Where nothing was triggered an upgrade ends at once; a deployment is stopped by its worker. */
const ENDS_AT_ONCE: readonly InstanceStatus[] = [
  'pending-pre-upgrade',
  'pre-upgrade-running',
  'pending-upgrade',
];

function cancelUpgrade(
  { upgradeId, requestedBy, reason }: InstanceCommandData['CancelUpgrade'],
  state: RestingInstance | UpgradingInstance,
): readonly InstanceEvent[] {
  if (state.kind === 'resting') return afterTheEnd(upgradeId, state);
  const { workOrder, status } = state;
  if (workOrder.upgradeId !== upgradeId) throw new UpgradeNotInFlightError(status, upgradeId);
  if (workOrder.cancelRequested) return [];
  const { attempt } = workOrder;
  const requested: InstanceEvent = {
    type: 'UpgradeCancelRequested',
    data: { upgradeId, attempt, requestedBy, reason },
  };
  if (ENDS_AT_ONCE.includes(status)) return [requested, cancelled(state)];
  if (status === 'upgrade-running') return [requested];
  throw new CancelTooLateError(status, upgradeId);
}

function afterTheEnd(
  upgradeId: string,
  { status, lastUpgrade }: RestingInstance,
): readonly InstanceEvent[] {
  const isDone = lastUpgrade?.workOrder.upgradeId === upgradeId && lastUpgrade.isCancelled;
  if (isDone) return [];
  throw new UpgradeNotInFlightError(status, upgradeId);
}
