import type { InstanceCommandType } from '../commands/instance.decider';
import type { InstanceState, RestingInstance } from '../instance/instance.state';
import type { InFlightStatus } from '../status';
import { isHealthy } from '../status';
import { EXAMPLE_COMMAND_DATA } from './examples';

/** Onwards, with what else may happen in the state, with a change of the instance, or with any command at all. */
export type Way = 'onwards' | 'sideways' | 'changed' | 'anywhere';

const EVERY_COMMAND = Object.keys(EXAMPLE_COMMAND_DATA) as InstanceCommandType[];

/** What leads on from a status; a new upgrade is requested as soon as one has ended. */
const ONWARDS: Record<InFlightStatus, readonly InstanceCommandType[]> = {
  'pending-pre-upgrade': ['StartPreUpgrade', 'TakeFirstStep'],
  'pre-upgrade-running': [
    'RequestScript',
    'AcceptScript',
    'CompletePreUpgrade',
    'ConfirmScriptCancel',
  ],
  'pre-upgrade-completed': [],
  'pending-upgrade': ['RequestVariables', 'RecordVariables', 'StartUpgrade', 'ConfirmScriptCancel'],
  'upgrade-running': [
    'AcceptDeployment',
    'AcceptScript',
    'ProgressDeployment',
    'CompleteUpgrade',
    'ConfirmCancel',
    'ConfirmScriptCancel',
  ],
  'upgrade-completed': [],
  'pending-post-upgrade': ['StartPostUpgrade', 'TakeFirstStep'],
  'post-upgrade-running': ['RequestScript', 'AcceptScript', 'CompletePostUpgrade'],
  'post-upgrade-completed': ['VerifyHealthy'],
};

/** What may come at any time. */
const CHANGES: readonly InstanceCommandType[] = [
  'UpdateInstance',
  'ClaimInstance',
  'UnclaimInstance',
  'DeregisterInstance',
];

const WAITING: readonly InstanceCommandType[] = [
  'RecordWait',
  'RecordWait',
  'NoteStillWaiting',
  'EndWait',
];
const STUCK: readonly InstanceCommandType[] = [
  ...WAITING,
  'TimeOutStage',
  'ParkStage',
  'CancelUpgrade',
  'ParkInstance',
  'UnparkInstance',
  'UnparkInstance',
  'RedriveStage',
  'RedriveStalledStage',
];
const CALLING: readonly InstanceCommandType[] = [
  'NoteAmbiguousCall',
  'RepeatCall',
  'RefuseCall',
  'RefuseCall',
  'RetryCall',
  'RetryCall',
  'ResolveOutcome',
  'ConfirmResolution',
  'RefuseResolution',
];

/** Fits only what is cancelled, and so has to be tried more often. */
const UNHEEDED: readonly InstanceCommandType[] = Array.from(
  { length: 4 },
  () => 'ReportCancelWithoutEffect',
);

const SIDEWAYS: Record<InFlightStatus, readonly InstanceCommandType[]> = {
  'pending-pre-upgrade': ['FailPreUpgrade', 'PrioritizeUpgrade', 'ExpireUpgrade', ...STUCK],
  'pre-upgrade-running': ['FailPreUpgrade', ...UNHEEDED, ...CALLING, ...STUCK],
  'pre-upgrade-completed': STUCK,
  'pending-upgrade': ['FailUpgrade', ...STUCK],
  'upgrade-running': [
    ...CALLING,
    'RecordDuplicateBuilds',
    'SupersedeDeployment',
    'ReportInvisibleBuild',
    'ReportUnstartedBuild',
    'DeclareOutcomeUnknown',
    'FailUpgrade',
    'CancelUpgrade',
    'ConfirmCancel',
    ...UNHEEDED,
    ...STUCK,
  ],
  'upgrade-completed': STUCK,
  'pending-post-upgrade': ['FailPostUpgrade', ...STUCK],
  'post-upgrade-running': ['FailPostUpgrade', ...CALLING, ...STUCK],
  'post-upgrade-completed': ['ReportHealth', 'FindUnhealthy', 'FindUnresponsive', ...STUCK],
};

const AT_REST: readonly InstanceCommandType[] = [
  'DeregisterInstance',
  'ReportHealth',
  'RecordLateOutcome',
  'RetryUpgrade',
  'AbandonUpgrade',
  'RollBackUpgrade',
  'ResolveOutcome',
  'ConfirmResolution',
];

/** Commands of which one comes next. */
export function candidatesFor(way: Way, state: InstanceState): readonly InstanceCommandType[] {
  if (way === 'anywhere') return EVERY_COMMAND;
  if (state.kind === 'absent') return ['RegisterInstance'];
  if (way === 'changed') return CHANGES;
  if (state.kind === 'upgrading') return (way === 'onwards' ? ONWARDS : SIDEWAYS)[state.status];
  return candidatesAtRest(way, state);
}

function candidatesAtRest(way: Way, { status }: RestingInstance): readonly InstanceCommandType[] {
  if (status === 'removed') return ['RegisterInstance', ...AT_REST];
  if (way === 'sideways') return AT_REST;
  return isHealthy(status) ? ['RequestUpgrade'] : ['RetryUpgrade', ...AT_REST];
}
