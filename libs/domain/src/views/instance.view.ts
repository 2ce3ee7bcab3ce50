import type { InstanceEvent, RecordedInstanceEvent } from '../instance/instance.events';
import { upgradeIdOf } from '../instance/instance.events';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import { claimIn, isLegalIn, statusAfter } from '../instance/instance.lifecycle';
import type { InstanceProfile } from '../instance/instance.profile';
import type { KnownInstance } from '../instance/instance.state';
import type { ReasonClass } from '../instance/reasons';
import { presentReason, reasonClassOf } from '../instance/reasons';
import type { InstanceStatus } from '../status';
import { isHealthy, isInFlight, labelOf } from '../status';

/** The event from which on nothing is known of an instance: it cannot be read, or does not follow. */
export interface UnreadableHistory {
  readonly eventId: string;
  readonly eventType: string;
  readonly revision: number;
  /** A code, and the same in words. */
  readonly reason: string;
  readonly detail: string;
  /** Time of the event, milliseconds since 1970. */
  readonly since: number;
  /** Events of the instance that came after it. They changed nothing. */
  readonly laterEvents: number;
}

/** An instance as lists and details show it. Times are milliseconds since 1970. */
export interface InstanceView {
  readonly instanceId: string;
  readonly project: string;
  readonly projectId: number | null;
  readonly environment: string;
  readonly core: string;
  readonly app: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: InstanceStatus;
  readonly statusLabel: string;
  readonly claimed: boolean | null;
  /** The upgrade in flight, null at rest. */
  readonly currentUpgradeId: string | null;
  readonly lastUpgradeId: string | null;
  /** Why the last upgrade failed; null if it did not, or goes on. */
  readonly failureReason: string | null;
  readonly reasonClass: ReasonClass | null;
  readonly revision: number;
  readonly registeredAt: number;
  readonly updatedAt: number;
  /** What commands are decided on; null from the first event on that the lifecycle forbids. */
  readonly state: KnownInstance | null;
  /** Null while the history can be read; else the row is what was known before it. */
  readonly unreadable: UnreadableHistory | null;
}

/** Folds one event into the row; null = no row yet. */
export function evolveInstanceView(
  view: InstanceView | null,
  recorded: RecordedInstanceEvent,
): InstanceView {
  const { event, revision, at } = recorded;
  if (event.type === 'InstanceRegistered') return firstView(recorded, event.data);
  if (view === null) throw new Error(`${event.type} came before the instance was registered`);

  const status = statusAfter(event, view.status);
  const failureReason = failureAfter(view, recorded, status);
  const lastUpgradeId = upgradeIdOf(event) ?? view.lastUpgradeId;
  return {
    ...view,
    status,
    statusLabel: labelOf(status),
    ...namesAfter(event),
    claimed: claimAfter(event, status) ?? view.claimed,
    currentUpgradeId: isInFlight(status) ? lastUpgradeId : null,
    lastUpgradeId,
    failureReason,
    reasonClass: failureReason === null ? null : reasonClassOf(failureReason),
    revision,
    updatedAt: at,
    state: view.state && stateAfter(view.state, event),
  };
}

/** Lists show an instance as it is to be from its next upgrade on. */
function namesAfter(event: InstanceEvent): Partial<InstanceView> {
  if (event.type !== 'InstanceUpdated') return {};
  const { labels, profile } = event.data;
  return { ...namesIn(profile), ...(labels === undefined ? {} : { labels }) };
}

function namesIn({ project, projectId, environment, core, app }: InstanceProfile) {
  return { project, projectId, environment, core, app };
}

function claimAfter(event: InstanceEvent, status: InstanceStatus): boolean | null {
  const claim = claimIn(event) ?? status;
  return isHealthy(claim) ? claim === 'running-healthy-claimed' : null;
}

function firstView(
  recorded: RecordedInstanceEvent,
  data: Extract<RecordedInstanceEvent['event'], { type: 'InstanceRegistered' }>['data'],
): InstanceView {
  const { instanceId, revision, at } = recorded;
  const { profile, labels, status } = data;
  return {
    instanceId,
    ...namesIn(profile),
    labels,
    status,
    statusLabel: labelOf(status),
    claimed: claimAfter(recorded.event, status),
    currentUpgradeId: null,
    lastUpgradeId: null,
    failureReason: null,
    reasonClass: null,
    revision,
    registeredAt: at,
    updatedAt: at,
    state: isInFlight(status) ? null : evolve(INITIAL_STATE, recorded.event),
    unreadable: null,
  };
}

/** The row from an event on that cannot be read. Of an instance that nothing was known of all names are empty. */
export function unreadableInstanceView(
  view: InstanceView | null,
  instanceId: string,
  unreadable: UnreadableHistory,
): InstanceView {
  return { ...(view ?? unknownInstance(instanceId, unreadable)), unreadable };
}

function unknownInstance(
  instanceId: string,
  { revision, since }: UnreadableHistory,
): Omit<InstanceView, 'unreadable'> {
  const status = 'new';
  return {
    instanceId,
    ...{ project: '', projectId: null, environment: '', core: '', app: '', labels: {} },
    ...{ status, statusLabel: labelOf(status), claimed: null },
    ...{ currentUpgradeId: null, lastUpgradeId: null, failureReason: null, reasonClass: null },
    ...{ revision, registeredAt: since, updatedAt: since, state: null },
  };
}

function stateAfter(state: KnownInstance, event: InstanceEvent): KnownInstance | null {
  return isLegalIn(state.status, event.type) ? evolve(state, event) : null;
}

function failureAfter(
  view: InstanceView,
  { event }: RecordedInstanceEvent,
  status: InstanceStatus,
): string | null {
  if ('retryable' in event.data) return presentReason(event.data.reason);
  return isInFlight(status) ? null : view.failureReason;
}
