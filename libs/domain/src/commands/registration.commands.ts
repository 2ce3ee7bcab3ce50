import {
  InstanceAlreadyRegisteredError,
  InstanceRemovedError,
  InvalidHealthProbeError,
  StatusNotAllowedError,
  StatusNotImportableError,
  UpgradeInFlightError,
} from '../instance/instance.errors';
import type { AskedBy, InstanceEvent, InstanceEventData } from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import { evolve } from '../instance/instance.evolve';
import { LIFECYCLE } from '../instance/instance.lifecycle';
import type { InstanceProfile } from '../instance/instance.profile';
import { isSamePlace, whyHealthProbeIsInvalid } from '../instance/instance.profile';
import type { KnownInstance, RestingInstance, UpgradingInstance } from '../instance/instance.state';
import { workOrderOf } from '../instance/instance.state';
import type { Labels } from '../labels';
import type { InFlightStatus, InstanceStatus, RestingStatus } from '../status';
import { CANCELLABLE_STATUSES, isInFlight, RESTING_STATUSES } from '../status';
import { cancelUpgrade } from './cancel.commands';
import type { CommandRow } from './command-row';
import { refuseMisfit, refuseUnsettled } from './operator.commands';

/** That an instance is looked after, as what, and on which side of the claim axis. */
export interface RegistrationCommands {
  RegisterInstance: InstanceEventData['InstanceRegistered'];
  UpdateInstance: AskedBy & {
    readonly changes: ProfileChanges;
    /** Null: as they are. */
    readonly labels: Labels | null;
    /** Of the environment that was reserved for the new place; absent: it has the one that it is to have. */
    readonly environmentId?: string;
  };
  ClaimInstance: AskedBy;
  UnclaimInstance: AskedBy;
  DeregisterInstance: AskedBy & {
    /** An upgrade in flight is cancelled first, or waited for. */
    readonly cancel?: true;
  };
}

/** Each member that is named takes the place of the one before. */
export type ProfileChanges = Partial<InstanceProfile>;

type Update = RegistrationCommands['UpdateInstance'];
type Deregistration = RegistrationCommands['DeregisterInstance'];

const registerInstance: CommandRow<RegistrationCommands['RegisterInstance'], 'absent'> = {
  in: ['absent'],
  decide(data) {
    refuseUnfit(data);
    return [{ type: 'InstanceRegistered', data }];
  },
  elsewhere(data, state) {
    refuseUnfit(data);
    const isSame =
      state.kind === 'resting' &&
      state.status === data.status &&
      deepEqual(state.profile, data.profile);
    if (isSame) return [];
    if (state.status === 'removed') return [{ type: 'InstanceRegistered', data }];
    throw new InstanceAlreadyRegisteredError(state.status);
  },
};

function refuseUnfit({ status, profile }: RegistrationCommands['RegisterInstance']): void {
  if (isInFlight(status)) throw new StatusNotImportableError(status);
  refuseInvalid(profile);
}

function refuseInvalid({ upgrade, healthProbe }: InstanceProfile): void {
  const problem = whyHealthProbeIsInvalid(healthProbe);
  if (problem !== null) throw new InvalidHealthProbeError(problem);
  if (upgrade !== undefined) refuseMisfit(upgrade);
}

/** Where an instance may go to another environment: nothing of an upgrade is left over in the old one. */
const MAY_MOVE: readonly InstanceStatus[] = RESTING_STATUSES.filter(
  (status) => !status.endsWith('upgrade-failed'),
);

const updateInstance: CommandRow<Update, RestingStatus | InFlightStatus> = {
  in: LIFECYCLE.InstanceUpdated.from,
  decide({ changes, labels, environmentId, ...asked }, state: KnownInstance) {
    const before = nextProfileOf(state);
    const profile = changedProfile(before, changes);
    refuseInvalid(profile);
    if (!isSamePlace(before, profile)) refuseToMove(state);
    if (labels === null && deepEqual(profile, before)) return [];
    const said = {
      ...(labels === null ? {} : { labels }),
      ...(environmentId === undefined ? {} : { environmentId }),
    };
    return [eventOf('InstanceUpdated', { profile, ...said, ...asked })];
  },
  elsewhere: refusedWhenRemoved,
};

/** With a project of another name its id is another, too. */
export function changedProfile(before: InstanceProfile, changes: ProfileChanges): InstanceProfile {
  const { project = before.project, core = before.core } = changes;
  const isSameProject = project === before.project && core === before.core;
  return { ...before, ...(isSameProject ? {} : { projectId: null }), ...changes };
}

/** What the next upgrade is to go by. */
export function nextProfileOf(state: KnownInstance): InstanceProfile {
  if (state.kind === 'resting') return state.profile;
  return state.workOrder.nextProfile ?? state.workOrder.profile;
}

function refuseToMove(state: KnownInstance): void {
  if (state.kind === 'upgrading') {
    throw new UpgradeInFlightError(state.status, state.workOrder.upgradeId, MAY_MOVE);
  }
  if (!MAY_MOVE.includes(state.status)) {
    throw new StatusNotAllowedError('UpdateInstance', state.status, MAY_MOVE);
  }
  refuseUnsettled(state.lastUpgrade);
}

const MAY_CLAIM = LIFECYCLE.InstanceClaimed.from;

type ClaimRow = CommandRow<AskedBy, (typeof MAY_CLAIM)[number]>;

/** In flight the upgrade comes back to the claim that the instance has by then. */
function claiming(type: 'InstanceClaimed' | 'InstanceUnclaimed', command: string): ClaimRow {
  const { whenHealthy: claim } = LIFECYCLE[type].to;
  return {
    in: MAY_CLAIM,
    decide(asked, state: KnownInstance) {
      if (state.kind === 'resting') return state.claim === claim ? [] : [eventOf(type, asked)];
      const { upgradeId, attempt, originStatus } = state.workOrder;
      return originStatus === claim ? [] : [eventOf(type, { upgradeId, attempt, ...asked })];
    },
    elsewhere(asked, state) {
      if (state.status === 'removed') return refusedWhenRemoved(asked, state);
      throw new StatusNotAllowedError(command, state.status, MAY_CLAIM);
    },
  };
}

function refusedWhenRemoved(_data: unknown, { status }: KnownInstance): never {
  throw new InstanceRemovedError(status);
}

/** What may still run in Lagoon must not be forgotten: the environment could become another instance at once. */
const deregisterInstance: CommandRow<Deregistration, RestingStatus> = {
  in: RESTING_STATUSES,
  decide({ cancel, ...asked }, { lastUpgrade }) {
    if (cancel && lastUpgrade?.workOrder.deregistration !== undefined) return [];
    refuseUnsettled(lastUpgrade);
    return [{ type: 'InstanceDeregistered', data: asked }];
  },
  elsewhere({ cancel, ...asked }, state) {
    if (state.kind === 'resting') return [];
    const { status, workOrder } = state;
    if (!cancel) throw new UpgradeInFlightError(status, workOrder.upgradeId, RESTING_STATUSES);
    return workOrder.deregistration === undefined ? requestDeregistration(asked, state) : [];
  },
};

/** What can be cancelled is cancelled; past its deployment an upgrade comes to its end soon. */
function requestDeregistration(asked: AskedBy, before: UpgradingInstance): InstanceEvent[] {
  const { upgradeId, attempt } = before.workOrder;
  const requested = eventOf('DeregistrationRequested', { upgradeId, attempt, ...asked });
  const state = evolve(before, requested);
  const isCancellable = CANCELLABLE_STATUSES.some((status) => status === state.status);
  if (state.kind !== 'upgrading' || !isCancellable) return [requested];
  return [requested, ...cancelUpgrade.decide({ upgradeId, ...asked }, state)];
}

/**
 * What these events lead to beside themselves where a deregistration waits for the end of an upgrade: it is carried
 * out with the event that ends it, whoever writes that, or told to wait until nothing can still run in Lagoon.
 */
export function deregistrationAfter(
  before: KnownInstance,
  events: readonly InstanceEvent[],
): readonly InstanceEvent[] {
  const [first] = events;
  const isAsked =
    workOrderOf(before)?.deregistration !== undefined || first?.type === 'DeregistrationRequested';
  if (!isAsked || first === undefined) return [];
  const after = events.reduce(evolve, before);
  return after.kind === 'resting' && after.status !== 'removed' ? endOf(after, before) : [];
}

function endOf({ lastUpgrade }: RestingInstance, before: KnownInstance): readonly InstanceEvent[] {
  const { workOrder, unsettled = null } = lastUpgrade ?? {};
  if (workOrder?.deregistration === undefined) return [];
  if (unsettled === null) return [eventOf('InstanceDeregistered', workOrder.deregistration)];
  if (before.kind === 'resting') return [];
  const { upgradeId, attempt } = workOrder;
  return [eventOf('DeregistrationDelayed', { upgradeId, attempt, unsettled })];
}

export const REGISTRATION = {
  RegisterInstance: registerInstance,
  UpdateInstance: updateInstance,
  ClaimInstance: claiming('InstanceClaimed', 'ClaimInstance'),
  UnclaimInstance: claiming('InstanceUnclaimed', 'UnclaimInstance'),
  DeregisterInstance: deregisterInstance,
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
