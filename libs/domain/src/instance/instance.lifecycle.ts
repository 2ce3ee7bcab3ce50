import { HEALTHY_STATUSES } from '../status';
import { IN_FLIGHT_STATUSES } from './in-flight-status';
import type { InstanceEventType } from './instance.events';
import type { Transition } from './transition';

const RUNNING = [...HEALTHY_STATUSES, 'running-unhealthy', 'running-unresponsive'] as const;
const FAILED = ['pre-upgrade-failed', 'upgrade-failed', 'post-upgrade-failed'] as const;
const UNSOUND = ['running-unhealthy', 'running-unresponsive'] as const;

/** Where an effect in Lagoon may be under way. */
const CALLING = ['pre-upgrade-running', 'upgrade-running', 'post-upgrade-running'] as const;

const NOTE = { to: 'unchanged', deadline: 'kept' } as const;
const END = { owner: null, deadline: null } as const;

/** THE table: statuses, guards, owners, deadlines, the docs page and its diagram derive from it. */
export const LIFECYCLE = {
  InstanceRegistered: { from: ['absent'], to: 'from-data', ...END },
  HealthReported: { from: [...RUNNING, 'post-deploy-completed'], to: 'from-data', ...END },
  HealthEvidenceRecorded: { from: ['post-upgrade-completed'], owner: 'poll-upgrade', ...NOTE },
  UpgradeRequested: {
    from: HEALTHY_STATUSES,
    to: 'pending-pre-upgrade',
    owner: 'pre-upgrade',
    deadline: 'pending',
  },
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
  },
  UpgradePending: {
    from: ['pre-upgrade-completed'],
    to: 'pending-upgrade',
    owner: 'upgrade',
    deadline: 'pending',
  },
  VariablesRequested: { from: ['pending-upgrade'], owner: 'upgrade', ...NOTE },
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
  ScriptRequested: { from: CALLING, to: 'unchanged', owner: null, deadline: 'call' },
  ScriptAccepted: { from: CALLING, to: 'unchanged', owner: null, deadline: 'step' },
  CallAmbiguous: { from: CALLING, owner: null, ...NOTE },
  CallRefused: { from: CALLING, owner: null, ...NOTE },
  CallNotLanded: { from: CALLING, to: 'unchanged', owner: null, deadline: 'call' },
  DeploymentAccepted: {
    from: ['upgrade-running'],
    to: 'unchanged',
    owner: 'poll-upgrade',
    deadline: 'queued',
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
  OutcomeUnknown: { from: CALLING, owner: null, ...NOTE },
  LateOutcomeObserved: { from: ['upgrade-failed'], to: 'unchanged', ...END },
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
  },
  PostUpgradePending: {
    from: ['upgrade-completed', 'upgrade-failed'],
    to: 'pending-post-upgrade',
    owner: 'post-upgrade',
    deadline: 'pending',
  },
  PostUpgradeStarted: {
    from: ['pending-post-upgrade'],
    to: 'post-upgrade-running',
    owner: 'post-upgrade',
    deadline: 'step',
  },
  PostUpgradeCompleted: {
    from: ['post-upgrade-running'],
    to: 'post-upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'verify',
  },
  PostUpgradeFailed: {
    from: ['pending-post-upgrade', 'post-upgrade-running'],
    to: 'post-upgrade-failed',
    ...END,
  },
  InstanceVerifiedHealthy: { from: ['post-upgrade-completed'], to: 'from-data', ...END },
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
  StageRedriven: {
    from: IN_FLIGHT_STATUSES,
    to: 'unchanged',
    owner: 'named-in-data',
    deadline: 'pending',
  },
  UpgradeCancelRequested: { from: IN_FLIGHT_STATUSES, owner: null, ...NOTE },
  DeploymentCancelled: {
    from: ['upgrade-running'],
    to: 'post-upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'verify',
  },
  UpgradeCancelTooLate: { from: ['upgrade-running'], owner: 'poll-upgrade', ...NOTE },
  UpgradeCancelled: {
    from: [
      'pending-pre-upgrade',
      'pre-upgrade-running',
      'pre-upgrade-completed',
      'pending-upgrade',
      'upgrade-running',
      'post-upgrade-completed',
    ],
    to: 'from-data',
    ...END,
  },
  UpgradeRetried: {
    from: [...FAILED, ...UNSOUND],
    to: 'before-stage-in-data',
    owner: 'named-in-data',
    deadline: 'pending',
  },
  UpgradeAbandoned: {
    from: [...FAILED, ...UNSOUND],
    to: 'post-upgrade-completed',
    owner: 'poll-upgrade',
    deadline: 'verify',
  },
} as const satisfies Record<InstanceEventType, Transition>;
