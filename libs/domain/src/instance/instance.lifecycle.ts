import type { HealthyStatus, InstanceStatus, UpgradeStage } from '../status';
import {
  CANCELLABLE_STATUSES,
  HEALTHY_STATUSES,
  IN_FLIGHT_STATUSES,
  INSTANCE_STATUSES,
  isHealthy,
  isInFlight,
  RESTING_STATUSES,
  RUNNING_STATUSES,
  STATUS_BEFORE_STAGE,
} from '../status';
import type { InstanceEvent, InstanceEventOf, InstanceEventType } from './instance.events';

/** Deadlines are named here and given in milliseconds by configuration. */
export type DeadlineName = 'pending' | 'step' | 'call' | 'queued' | 'running' | 'verify';

export interface Transition {
  /** Statuses in which the event is legal; `absent` = the instance does not exist yet. */
  readonly from: readonly (InstanceStatus | 'absent')[];
  /** The status after; of a list the event names one. `whenHealthy`: of a healthy app; any other stays as it is. */
  readonly to:
    | InstanceStatus
    | readonly InstanceStatus[]
    | 'unchanged'
    | { readonly whenHealthy: HealthyStatus };
  /** Who must act next; null = nobody, the upgrade is at rest or waits for a person. */
  readonly owner: UpgradeStage | 'named-in-data' | null;
  /**
   * How long the owner has from this event on; `kept` = the deadline that runs goes on; `suspended` = it stands
   * still, and so does the attempt's time; `resumed` = both go on with what was left of them.
   */
  readonly deadline: DeadlineName | 'kept' | 'suspended' | 'resumed' | null;
  /**
   * The durable consumer of the bus that hands the event to a worker. Where the owner is named in the data, every
   * stage has one of its own: `<stage>-<consumer>`.
   */
  readonly consumer?: string;
}

const RUNNING = [...HEALTHY_STATUSES, 'running-unhealthy', 'running-unresponsive'] as const;
/** Where a stage has failed: an effect may be left in Lagoon whose outcome nobody knows. */
const STAGE_FAILED = ['pre-upgrade-failed', 'upgrade-failed', 'post-upgrade-failed'] as const;
/** Where an upgrade has ended in a failure. */
export const FAILED = [...STAGE_FAILED, 'running-unhealthy', 'running-unresponsive'] as const;

/** Where an effect in Lagoon may be under way. */
const CALLING = ['pre-upgrade-running', 'upgrade-running', 'post-upgrade-running'] as const;

/** Where an intent may be without an outcome: an app may be well again while nobody knows of it. */
const UNSETTLED = [...CALLING, ...FAILED, ...HEALTHY_STATUSES] as const;

/** The same, and where a task may prove the health of the app. */
export const SCRIPTING = [...CALLING, 'post-upgrade-completed'] as const;

/** Where an upgrade leaves an instance, however it ends. */
const AFTER_UPGRADE = [...RUNNING, ...STAGE_FAILED] as const;
/** Where an instance is claimed or not. */
const CLAIMABLE = [...AFTER_UPGRADE, ...IN_FLIGHT_STATUSES] as const;

const NOTE = { to: 'unchanged', deadline: 'kept' } as const;
const END = { owner: null, deadline: null } as const;

/** One row per event. What may follow what, owners, deadlines, consumers of the bus and the docs page derive from it. */
export const LIFECYCLE = {
  InstanceRegistered: {
    from: ['absent', 'removed'],
    to: INSTANCE_STATUSES.filter((status) => !isInFlight(status)),
    ...END,
  },
  InstanceUpdated: { from: [...RESTING_STATUSES, ...IN_FLIGHT_STATUSES], owner: null, ...NOTE },
  InstanceClaimed: {
    from: CLAIMABLE,
    to: { whenHealthy: 'running-healthy-claimed' },
    owner: null,
    deadline: 'kept',
  },
  InstanceUnclaimed: {
    from: CLAIMABLE,
    to: { whenHealthy: 'running-healthy-unclaimed' },
    owner: null,
    deadline: 'kept',
  },
  DeregistrationRequested: { from: IN_FLIGHT_STATUSES, owner: null, ...NOTE },
  DeregistrationDelayed: { from: AFTER_UPGRADE, to: 'unchanged', ...END },
  InstanceDeregistered: { from: RESTING_STATUSES, to: 'removed', ...END },
  HealthReported: { from: [...RUNNING, 'post-deploy-completed'], to: RUNNING_STATUSES, ...END },
  HealthEvidenceRecorded: { from: ['post-upgrade-completed'], owner: 'poll-upgrade', ...NOTE },
  UpgradeRequested: {
    from: [...RUNNING, 'upgrade-failed', 'post-upgrade-failed'],
    to: 'pending-pre-upgrade',
    owner: 'pre-upgrade',
    deadline: 'pending',
    consumer: 'pre-upgrade',
  },
  UpgradePrioritized: { from: ['pending-pre-upgrade'], owner: 'pre-upgrade', ...NOTE },
  UpgradeExpired: { from: ['pending-pre-upgrade'], to: RUNNING_STATUSES, ...END },
  PreUpgradeStarted: {
    from: ['pending-pre-upgrade'],
    to: 'pre-upgrade-running',
    owner: 'pre-upgrade',
    deadline: 'step',
  },
  PreUpgradeCompleted: {
    from: ['pre-upgrade-running'],
    to: 'pre-upgrade-completed',
    owner: 'pre-upgrade',
    deadline: 'pending',
  },
  PreUpgradeFailed: {
    from: ['pending-pre-upgrade', 'pre-upgrade-running', 'pre-upgrade-completed'],
    to: 'pre-upgrade-failed',
    ...END,
    consumer: 'late-pre-upgrade',
  },
  UpgradePending: {
    from: ['pre-upgrade-completed'],
    to: 'pending-upgrade',
    owner: 'upgrade',
    deadline: 'pending',
    consumer: 'upgrade',
  },
  VariablesRequested: {
    from: ['pending-upgrade'],
    to: 'unchanged',
    owner: 'upgrade',
    deadline: 'call',
  },
  VariablesSet: { from: ['pending-upgrade'], owner: 'upgrade', ...NOTE },
  UpgradeStarted: {
    from: ['pending-upgrade'],
    to: 'upgrade-running',
    owner: 'upgrade',
    deadline: 'call',
  },
  DeploymentRequested: {
    from: ['upgrade-running'],
    to: 'unchanged',
    owner: 'upgrade',
    deadline: 'call',
  },
  ScriptRequested: { from: SCRIPTING, to: 'unchanged', owner: null, deadline: 'call' },
  ScriptAccepted: { from: SCRIPTING, to: 'unchanged', owner: null, deadline: 'step' },
  CallAmbiguous: { from: SCRIPTING, owner: null, ...NOTE },
  CallRefused: { from: SCRIPTING, owner: null, ...NOTE },
  CallNotLanded: { from: SCRIPTING, to: 'unchanged', owner: null, deadline: 'call' },
  DeploymentAccepted: {
    from: ['upgrade-running'],
    to: 'unchanged',
    owner: 'poll-upgrade',
    deadline: 'queued',
    consumer: 'poll-upgrade',
  },
  DeploymentProgressed: {
    from: ['upgrade-running'],
    to: 'unchanged',
    owner: 'poll-upgrade',
    deadline: 'running',
  },
  DeploymentSuperseded: { from: ['upgrade-running'], owner: 'poll-upgrade', ...NOTE },
  DuplicateBuildDetected: { from: ['upgrade-running'], owner: 'poll-upgrade', ...NOTE },
  BuildNotVisible: { from: ['upgrade-running'], owner: 'poll-upgrade', ...NOTE },
  BuildNotStarted: { from: ['upgrade-running'], owner: 'poll-upgrade', ...NOTE },
  OutcomeUnknown: { from: SCRIPTING, owner: null, ...NOTE },
  LateOutcomeObserved: { from: FAILED, to: 'unchanged', ...END },
  UpgradeCompleted: {
    from: ['upgrade-running'],
    to: 'upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'pending',
  },
  UpgradeFailed: {
    from: ['pending-upgrade', 'upgrade-running', 'upgrade-completed'],
    to: 'upgrade-failed',
    ...END,
    consumer: 'late-outcome',
  },
  PostUpgradePending: {
    from: [
      'upgrade-completed',
      'upgrade-failed',
      'pre-upgrade-completed',
      'running-unhealthy',
      'running-unresponsive',
    ],
    to: 'pending-post-upgrade',
    owner: 'post-upgrade',
    deadline: 'pending',
    consumer: 'post-upgrade',
  },
  PostUpgradeStarted: {
    from: ['pending-post-upgrade'],
    to: 'post-upgrade-running',
    owner: 'post-upgrade',
    deadline: 'step',
  },
  PostUpgradeCompleted: {
    from: ['post-upgrade-running', 'post-upgrade-failed'],
    to: 'post-upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'verify',
    consumer: 'verify',
  },
  PostUpgradeFailed: {
    from: ['pending-post-upgrade', 'post-upgrade-running'],
    to: 'post-upgrade-failed',
    ...END,
    consumer: 'late-post-upgrade',
  },
  InstanceVerifiedHealthy: { from: ['post-upgrade-completed'], to: HEALTHY_STATUSES, ...END },
  InstanceFoundUnhealthy: { from: ['post-upgrade-completed'], to: 'running-unhealthy', ...END },
  InstanceFoundUnresponsive: {
    from: ['post-upgrade-completed'],
    to: 'running-unresponsive',
    ...END,
  },
  StageTimedOut: { from: IN_FLIGHT_STATUSES, to: 'unchanged', ...END },
  StageParked: { from: IN_FLIGHT_STATUSES, owner: null, ...NOTE },
  WaitingFor: { from: IN_FLIGHT_STATUSES, to: 'unchanged', owner: null, deadline: 'suspended' },
  WaitEnded: { from: IN_FLIGHT_STATUSES, to: 'unchanged', owner: null, deadline: 'resumed' },
  StillWaiting: { from: IN_FLIGHT_STATUSES, owner: null, ...NOTE },
  StageRedriven: {
    from: IN_FLIGHT_STATUSES,
    to: 'unchanged',
    owner: 'named-in-data',
    deadline: 'resumed',
    consumer: 'redriven',
  },
  InstanceParked: { from: IN_FLIGHT_STATUSES, to: 'unchanged', owner: null, deadline: 'suspended' },
  InstanceUnparked: { from: IN_FLIGHT_STATUSES, to: 'unchanged', owner: null, deadline: 'resumed' },
  OutcomeResolutionRequested: {
    from: UNSETTLED,
    owner: null,
    ...NOTE,
    consumer: 'resolve',
  },
  OutcomeResolved: { from: UNSETTLED, owner: null, ...NOTE },
  OutcomeResolutionRefused: { from: UNSETTLED, owner: null, ...NOTE },
  UpgradeCancelRequested: { from: IN_FLIGHT_STATUSES, owner: null, ...NOTE, consumer: 'cancel' },
  DeploymentCancelled: {
    from: ['upgrade-running', 'upgrade-failed'],
    to: 'post-upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'verify',
    consumer: 'verify-cancelled',
  },
  ScriptCancelled: {
    from: [...CANCELLABLE_STATUSES, 'pre-upgrade-failed', 'upgrade-failed'],
    to: 'post-upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'verify',
    consumer: 'verify-script-cancelled',
  },
  CancelWithoutEffect: {
    from: ['pre-upgrade-running', 'upgrade-running'],
    to: 'unchanged',
    owner: 'poll-upgrade',
    deadline: 'running',
  },
  UpgradeCancelTooLate: { from: ['upgrade-running'], owner: 'poll-upgrade', ...NOTE },
  UpgradeCancelled: {
    from: [...CANCELLABLE_STATUSES, 'post-upgrade-completed'],
    to: RUNNING_STATUSES,
    ...END,
  },
  UpgradeRetried: {
    from: FAILED,
    to: Object.values(STATUS_BEFORE_STAGE),
    owner: 'named-in-data',
    deadline: 'pending',
    consumer: 'retry',
  },
  UpgradeAbandoned: {
    from: FAILED,
    to: 'post-upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'verify',
    consumer: 'verify-abandoned',
  },
  CommandNoted: { from: INSTANCE_STATUSES, owner: null, ...NOTE },
  InstanceSnapshotTaken: { from: INSTANCE_STATUSES, owner: null, ...NOTE },
} as const satisfies Record<InstanceEventType, Transition>;

export type Lifecycle = typeof LIFECYCLE;

/** The table row by row. */
export const LIFECYCLE_ROWS = Object.entries(LIFECYCLE) as readonly (readonly [
  InstanceEventType,
  Transition,
])[];

/** Events that lead to a certain kind of status. */
export type Leading<To> = {
  [Type in InstanceEventType]: Lifecycle[Type]['to'] extends To ? Type : never;
}[InstanceEventType];

export function isLegalIn(status: InstanceStatus, type: InstanceEventType): boolean {
  const { from }: Transition = LIFECYCLE[type];
  return from.includes(status);
}

/** The side of the claim axis that an event puts the instance on; null if it says nothing of it. */
export function claimIn({ type }: InstanceEvent): HealthyStatus | null {
  const { to }: Transition = LIFECYCLE[type];
  return isOfClaim(to) ? to.whenHealthy : null;
}

/** Every status an event can lead to; none if it leaves the status as it is, but for the claim. */
export function destinationsOf(type: InstanceEventType): readonly InstanceStatus[] {
  const { to }: Transition = LIFECYCLE[type];
  if (to === 'unchanged' || isOfClaim(to)) return [];
  return typeof to === 'string' ? [to] : to;
}

function isOfClaim(to: Transition['to']): to is { readonly whenHealthy: HealthyStatus } {
  return typeof to === 'object' && 'whenHealthy' in to;
}

/** Status after an event that is legal in `before`. */
export function statusAfter(event: InstanceEvent, before: InstanceStatus): InstanceStatus {
  if (isNaming(event)) {
    const { data } = event;
    return 'fromStage' in data ? STATUS_BEFORE_STAGE[data.fromStage] : data.status;
  }
  const { to } = LIFECYCLE[event.type];
  if (isOfClaim(to)) return isHealthy(before) ? to.whenHealthy : before;
  return to === 'unchanged' ? before : to;
}

function isNaming(
  event: InstanceEvent,
): event is InstanceEventOf<Leading<readonly InstanceStatus[]>> {
  return Array.isArray(LIFECYCLE[event.type].to);
}
