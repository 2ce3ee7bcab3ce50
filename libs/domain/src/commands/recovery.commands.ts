import {
  AlreadyDeployedError,
  NoEarlierReferenceError,
  NothingToRecoverError,
  NothingToResolveError,
  PlanChangeTooLateError,
  StageNotReachedError,
  StatusNotAllowedError,
  UpgradeInFlightError,
  UpgradeNotInFlightError,
} from '../instance/instance.errors';
import { unsettledEffectOf } from '../instance/ended-upgrade';
import type { AskedBy, InstanceEvent, Resolution } from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import { FAILED, LIFECYCLE } from '../instance/instance.lifecycle';
import type { EndedUpgrade, KnownInstance, RestingInstance } from '../instance/instance.state';
import type { UpgradePlan, UpgradeStrategy, UpgradeTarget } from '../instance/upgrade-target';
import type { WorkOrder } from '../instance/work-order';
import type { UpgradeStage } from '../status';
import { RUNNING_STATUSES } from '../status';
import type { CommandRow } from './command-row';
import { newOrder, refuseMisfit, refuseUnsettled } from './operator.commands';
import { isOfUpgrade } from '../instance/instance.state';

/** A way out for an upgrade that has failed or does not get on. */
export interface RecoveryCommands {
  RetryUpgrade: AskedBy & {
    readonly upgradeId: string;
    /** Null: the earliest stage that is not complete. */
    readonly fromStage: UpgradeStage | null;
    /** What was deployed already may be deployed again. */
    readonly redeploy: boolean;
    /** Null: as it was. */
    readonly strategy: UpgradeStrategy | null;
    readonly target: UpgradeTarget | null;
    readonly enabledStrategies: readonly UpgradeStrategy[];
    readonly attemptMs: number;
  };
  AbandonUpgrade: AskedBy & { readonly upgradeId: string; readonly attemptMs: number };
  ResolveOutcome: AskedBy & { readonly upgradeId: string; readonly resolution: Resolution };
  RollBackUpgrade: AskedBy & {
    /** Of the new upgrade. */
    readonly upgradeId: string;
    /** The upgrade that is taken back. */
    readonly rollsBack: string;
    readonly enabledStrategies: readonly UpgradeStrategy[];
    readonly attemptMs: number;
  };
}

type Retry = RecoveryCommands['RetryUpgrade'];
type RestingIn<Status> = RestingInstance & { readonly status: Status };

/** The order in which stages are done. */
const ORDER: readonly UpgradeStage[] = ['pre-upgrade', 'upgrade', 'post-upgrade', 'poll-upgrade'];

const retryUpgrade: CommandRow<Retry, (typeof FAILED)[number]> = {
  in: FAILED,
  decide(data, state) {
    const { upgradeId, requestedBy, reason, redeploy } = data;
    const ended = recoverable('RetryUpgrade', upgradeId, state);
    refuseUnsettled(ended);
    const { strategy, target } = planOf(data, ended.workOrder);
    const fromStage = firstStage(data, ended);
    const { deployed: _deployed, ...order } = nextAttempt(ended.workOrder, data.attemptMs);
    const workOrder = {
      ...order,
      strategy,
      target,
      ...deployedBefore(data, state),
    };
    const asked = { requestedBy, reason, ...(redeploy ? { redeploy } : {}) };
    return [eventOf('UpgradeRetried', { workOrder, ...asked, fromStage })];
  },
  elsewhere: refusedOutside('RetryUpgrade', FAILED),
};

/** What is deployed already; if it is deployed again, what the app runs until then. */
function deployedBefore(
  { redeploy }: Retry,
  { lastUpgrade, deployedRef }: RestingInstance,
): Pick<WorkOrder, 'deployed' | 'presentRef'> {
  const deployed = lastUpgrade?.workOrder.deployed;
  if (deployed === undefined) return {};
  return redeploy ? { presentRef: deployedRef } : { deployed };
}

/** Where the new attempt begins. A stage is passed over only if it is complete. */
function firstStage(
  { fromStage, redeploy }: Retry,
  { stage, workOrder }: EndedUpgrade & { readonly stage: UpgradeStage },
): UpgradeStage {
  const earliest = redeploy ? earlier(stage, 'upgrade') : stage;
  const first = fromStage ?? earliest;
  if (earlier(first, earliest) !== first) throw new StageNotReachedError(first, earliest);
  const deploysAgain = first === 'upgrade' && workOrder.deployed !== undefined && !redeploy;
  if (deploysAgain) throw new AlreadyDeployedError(workOrder.deployed.buildName);
  return first;
}

function earlier(one: UpgradeStage, other: UpgradeStage): UpgradeStage {
  return ORDER.indexOf(one) < ORDER.indexOf(other) ? one : other;
}

/** Another plan than before is only for what is still to be deployed. */
function planOf(
  { strategy, target, redeploy, enabledStrategies }: Retry,
  order: WorkOrder,
): UpgradePlan {
  if (strategy === null && target === null) return order;
  if (order.deployed !== undefined && !redeploy) throw new PlanChangeTooLateError();
  const plan = { strategy: strategy ?? order.strategy, target };
  refuseMisfit(plan, enabledStrategies);
  return plan;
}

/** The instance is verified, whatever was done to it; what is not known stays so if it is found ill. */
const abandonUpgrade: CommandRow<RecoveryCommands['AbandonUpgrade'], (typeof FAILED)[number]> = {
  in: FAILED,
  decide({ upgradeId, requestedBy, reason, attemptMs }, state) {
    const { stage: leftAt, ...ended } = recoverable('AbandonUpgrade', upgradeId, state);
    const { workOrder, unsettled } = ended;
    const open = unsettled === null ? {} : { unsettled };
    const order = { ...nextAttempt(workOrder, attemptMs), leftAt, ...open };
    return [eventOf('UpgradeAbandoned', { workOrder: order, requestedBy, reason })];
  },
  elsewhere: refusedOutside('AbandonUpgrade', FAILED),
};

/** What is left of a work order for another try. */
function nextAttempt(
  {
    cancelRequested: _cancelRequested,
    parked: _parked,
    leftAt: _leftAt,
    unsettled: _unsettled,
    startBy: _startBy,
    deadlineAt: _deadlineAt,
    ...kept
  }: WorkOrder,
  attemptMs: number,
): WorkOrder {
  return { ...kept, attempt: kept.attempt + 1, attemptMs };
}

const MAY_RESOLVE = LIFECYCLE.OutcomeResolved.from;

/** The claim is looked into by a worker: only Lagoon can tell. */
const resolveOutcome: CommandRow<RecoveryCommands['ResolveOutcome'], (typeof MAY_RESOLVE)[number]> =
  {
    in: MAY_RESOLVE,
    decide({ upgradeId, resolution, requestedBy, reason }, state) {
      const { attempt } = orderOfUpgrade('ResolveOutcome', upgradeId, state);
      if (unsettledEffectOf(state) === null) throw new NothingToResolveError();
      const asked = { upgradeId, attempt, resolution, requestedBy, reason };
      return [eventOf('OutcomeResolutionRequested', asked)];
    },
    elsewhere(_data, state) {
      throw new StatusNotAllowedError('ResolveOutcome', state.status, MAY_RESOLVE);
    },
  };

const MAY_ROLL_BACK = [...RUNNING_STATUSES, 'upgrade-failed', 'post-upgrade-failed'] as const;

const rollBackUpgrade: CommandRow<
  RecoveryCommands['RollBackUpgrade'],
  (typeof MAY_ROLL_BACK)[number]
> = {
  in: MAY_ROLL_BACK,
  decide({ upgradeId, rollsBack, enabledStrategies, attemptMs, ...asked }, state) {
    if (isOfUpgrade(state, { upgradeId })) return [];
    const { workOrder, unsettled } = lastUpgradeOf('RollBackUpgrade', rollsBack, state);
    refuseUnsettled({ unsettled });
    const { replacedRef: ref } = workOrder;
    if (ref === undefined) throw new NoEarlierReferenceError();
    const plan = { strategy: 'branch-ref', target: { ref } } as const;
    refuseMisfit(plan, enabledStrategies);
    const order = { ...newOrder(state), upgradeId, ...plan, rollsBack, attemptMs };
    return [eventOf('UpgradeRequested', { workOrder: order, ...asked, rolloutId: null })];
  },
  elsewhere(data, state) {
    if (isOfUpgrade(state, data)) return [];
    return refusedOutside('RollBackUpgrade', MAY_ROLL_BACK)(data, state);
  },
};

function refusedOutside(command: string, allowedFrom: readonly string[]) {
  return (_data: object, state: KnownInstance): readonly InstanceEvent[] => {
    const { status } = state;
    if (state.kind === 'resting') throw new StatusNotAllowedError(command, status, allowedFrom);
    throw new UpgradeInFlightError(status, state.workOrder.upgradeId, allowedFrom);
  };
}

function lastUpgradeOf(
  command: string,
  upgradeId: string,
  { lastUpgrade, status }: RestingIn<string>,
): EndedUpgrade {
  if (lastUpgrade?.workOrder.upgradeId === upgradeId) return lastUpgrade;
  const last = lastUpgrade?.workOrder.upgradeId ?? null;
  throw new NothingToRecoverError(command, upgradeId, { last, currentStatus: status });
}

/** The last upgrade, if it is the named one and has not come to its end. */
function recoverable(command: string, upgradeId: string, state: RestingIn<string>) {
  const ended = lastUpgradeOf(command, upgradeId, state);
  const { stage } = ended;
  if (stage !== null) return { ...ended, stage };
  throw new NothingToRecoverError(command, upgradeId, {
    last: upgradeId,
    currentStatus: state.status,
  });
}

function orderOfUpgrade(command: string, upgradeId: string, state: KnownInstance): WorkOrder {
  if (state.kind === 'resting') return lastUpgradeOf(command, upgradeId, state).workOrder;
  if (state.workOrder.upgradeId === upgradeId) return state.workOrder;
  throw new UpgradeNotInFlightError(state.status, upgradeId);
}

export const RECOVERY = {
  RetryUpgrade: retryUpgrade,
  AbandonUpgrade: abandonUpgrade,
  ResolveOutcome: resolveOutcome,
  RollBackUpgrade: rollBackUpgrade,
};
