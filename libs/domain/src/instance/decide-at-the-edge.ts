import type { HealthyStatus, InstanceStatus, RunningStatus } from '../status';
import { HEALTHY_STATUSES, isHealthy } from '../status';
import { cancelUpgrade } from './cancel-upgrade';
import { deepEqual } from './deep-equal';
import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import {
  ClaimAxisCrossedError,
  InstanceAlreadyRegisteredError,
  InstanceUnknownError,
  InvalidTargetError,
  StatusNotAllowedError,
  StatusNotImportableError,
  StrategyNotEnabledError,
  UpgradeInFlightError,
} from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { Transition } from './transition';
import { isInFlight } from './in-flight-status';
import { LIFECYCLE } from './instance.lifecycle';
import type { InstanceState, RestingInstance, UpgradingInstance } from './instance.state';
import type { UpgradePlan } from './upgrade-target';
import { whyTargetIsInvalid } from './upgrade-target';

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
