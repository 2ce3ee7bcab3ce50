import type { InFlightStatus } from '../instance/in-flight-status';
import type { InstanceCommandType } from '../instance/instance.commands';
import type { InstanceState } from '../instance/instance.state';
import { isHealthy } from '../status';
import type { Choice } from './command-choice';
import { EXAMPLE_COMMAND_DATA } from './example-commands';

const EVERY_COMMAND = Object.keys(EXAMPLE_COMMAND_DATA) as InstanceCommandType[];

/** What leads on from a status; a new upgrade is requested as soon as one has ended. */
const ONWARDS: Record<InFlightStatus, readonly InstanceCommandType[]> = {
  'pending-pre-upgrade': ['StartPreUpgrade'],
  'pre-upgrade-running': ['RequestScript', 'AcceptScript', 'CompletePreUpgrade'],
  'pre-upgrade-completed': [],
  'pending-upgrade': ['RequestVariables', 'RecordVariables', 'StartUpgrade'],
  'upgrade-running': [
    'AcceptDeployment',
    'AcceptScript',
    'ProgressDeployment',
    'CompleteUpgrade',
    'ConfirmCancel',
  ],
  'upgrade-completed': [],
  'pending-post-upgrade': ['StartPostUpgrade'],
  'post-upgrade-running': ['RequestScript', 'AcceptScript', 'CompletePostUpgrade'],
  'post-upgrade-completed': ['VerifyHealthy'],
};

const WAITING: readonly InstanceCommandType[] = ['RecordWait', 'RecordWait', 'EndWait'];
const STUCK: readonly InstanceCommandType[] = [
  ...WAITING,
  'TimeOutStage',
  'ParkStage',
  'CancelUpgrade',
];
const CALLING: readonly InstanceCommandType[] = [
  'NoteAmbiguousCall',
  'RepeatCall',
  'RefuseCall',
  'RefuseCall',
  'RetryCall',
  'RetryCall',
];

const SIDEWAYS: Record<InFlightStatus, readonly InstanceCommandType[]> = {
  'pending-pre-upgrade': ['FailPreUpgrade', ...STUCK],
  'pre-upgrade-running': ['FailPreUpgrade', ...CALLING, ...STUCK],
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
    ...STUCK,
  ],
  'upgrade-completed': STUCK,
  'pending-post-upgrade': ['FailPostUpgrade', ...STUCK],
  'post-upgrade-running': ['FailPostUpgrade', ...CALLING, ...STUCK],
  'post-upgrade-completed': ['ReportHealth', 'FindUnhealthy', 'FindUnresponsive', ...STUCK],
};

/** Commands of which one comes next. */
export function candidatesFor(
  { way }: Choice,
  state: InstanceState,
): readonly InstanceCommandType[] {
  if (way === 'anywhere') return EVERY_COMMAND;
  if (state.kind === 'upgrading') return (way === 'onwards' ? ONWARDS : SIDEWAYS)[state.status];
  if (state.kind === 'absent') return ['RegisterInstance'];
  return way === 'onwards' && isHealthy(state.status)
    ? ['RequestUpgrade']
    : ['ReportHealth', 'RecordLateOutcome'];
}
