import type { HealthyStatus, InstanceStatus, RunningStatus } from '../status';
import { HEALTHY_STATUSES, isHealthy } from '../status';
import { deepEqual } from './deep-equal';
import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import {
  ClaimAxisCrossedError,
  InstanceAlreadyRegisteredError,
  InstanceUnknownError,
  InvalidTargetError,
  StatusNotAllowedError,
  StatusNotImportableError,
  UpgradeInFlightError,
} from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { Transition } from './instance.lifecycle';
import { isInFlight, LIFECYCLE } from './instance.lifecycle';
import type { InstanceState, RestingInstance, UpgradingInstance } from './instance.state';
import { whyTargetIsInvalid } from './upgrade-strategy';

type EdgeCommand = InstanceCommandOf<'RegisterInstance' | 'ReportHealth' | 'RequestUpgrade'>;

/** Commands of people and services, as opposed to a worker's report. */
export function decideAtTheEdge(
  command: EdgeCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  if (command.type === 'RegisterInstance') return register(command.data, state);
  if (state.kind === 'absent') throw new InstanceUnknownError();
  return command.type === 'ReportHealth'
    ? reportHealth(command.data, state)
    : requestUpgrade(command.data, state);
}

function register(
  data: InstanceCommandData['RegisterInstance'],
  state: InstanceState,
): readonly InstanceEvent[] {
  if (isInFlight(data.status)) throw new StatusNotImportableError(data.status);
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
  if (state.lastUpgrade?.upgradeId === data.upgradeId) return [];
  if (!isHealthy(state.status)) {
    throw new StatusNotAllowedError('RequestUpgrade', state.status, HEALTHY_STATUSES);
  }
  const problem = whyTargetIsInvalid(data.strategy, data.target);
  if (problem !== null) throw new InvalidTargetError(problem);

  const { upgradeId, strategy, target, requestedBy, reason, rolloutId, deadlineAt } = data;
  const workOrder = {
    upgradeId,
    attempt: 1,
    profile: state.profile,
    located: null,
    strategy,
    target,
    originStatus: state.status,
    deadlineAt,
  };
  return [{ type: 'UpgradeRequested', data: { workOrder, requestedBy, reason, rolloutId } }];
}

function whileInFlight(
  data: InstanceCommandData['RequestUpgrade'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { upgradeId } = state.workOrder;
  if (upgradeId === data.upgradeId) return [];
  throw new UpgradeInFlightError(state.status, upgradeId, HEALTHY_STATUSES);
}
