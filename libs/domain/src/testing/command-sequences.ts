import fc from 'fast-check';
import { DomainError } from '../domain-error';
import type {
  InstanceCommand,
  InstanceCommandData,
  InstanceCommandType,
} from '../instance/instance.commands';
import { decide } from '../instance/instance.decider';
import type { InstanceEvent } from '../instance/instance.events';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import type { InFlightStatus } from '../instance/in-flight-status';
import type { InstanceState } from '../instance/instance.state';
import { HEALTHY_STATUSES, INSTANCE_STATUSES, isHealthy, RUNNING_STATUSES } from '../status';
import { EXAMPLE_COMMAND_DATA } from './example-commands';

/** What was decided on one command, and from where. */
export interface Turn {
  readonly command: InstanceCommand;
  readonly before: InstanceState;
  readonly events: readonly InstanceEvent[];
  readonly after: InstanceState;
}

interface Choice {
  /** Onwards, with what else may happen in the state, or with any command at all. */
  readonly way: 'onwards' | 'sideways' | 'anywhere';
  readonly isStale: boolean;
  readonly pick: number;
  readonly callNo: number;
  readonly health: (typeof RUNNING_STATUSES)[number];
  readonly imported: (typeof INSTANCE_STATUSES)[number];
  readonly build: string;
  readonly buildStatus: string;
}

const EVERY_COMMAND = Object.keys(EXAMPLE_COMMAND_DATA) as InstanceCommandType[];

/** What leads on from a status; a new upgrade is requested as soon as one has ended. */
const ONWARDS: Record<InFlightStatus, readonly InstanceCommandType[]> = {
  'pending-pre-upgrade': ['StartPreUpgrade'],
  'pre-upgrade-running': ['CompletePreUpgrade'],
  'pre-upgrade-completed': [],
  'pending-upgrade': ['StartUpgrade'],
  'upgrade-running': ['AcceptDeployment', 'ProgressDeployment', 'CompleteUpgrade'],
  'upgrade-completed': [],
  'pending-post-upgrade': ['StartPostUpgrade'],
  'post-upgrade-running': ['CompletePostUpgrade'],
  'post-upgrade-completed': ['VerifyHealthy'],
};

const STUCK: readonly InstanceCommandType[] = ['TimeOutStage', 'ParkStage', 'ParkStage'];

const SIDEWAYS: Record<InFlightStatus, readonly InstanceCommandType[]> = {
  'pending-pre-upgrade': ['FailPreUpgrade', ...STUCK],
  'pre-upgrade-running': ['FailPreUpgrade', ...STUCK],
  'pre-upgrade-completed': STUCK,
  'pending-upgrade': ['FailUpgrade', ...STUCK],
  'upgrade-running': [
    'RepeatCall',
    'RefuseCall',
    'RetryCall',
    'NoteAmbiguousCall',
    'RecordDuplicateBuilds',
    'SupersedeDeployment',
    'DeclareOutcomeUnknown',
    'FailUpgrade',
    'CancelUpgrade',
    'ConfirmCancel',
    ...STUCK,
  ],
  'upgrade-completed': STUCK,
  'pending-post-upgrade': ['FailPostUpgrade', ...STUCK],
  'post-upgrade-running': ['FailPostUpgrade', ...STUCK],
  'post-upgrade-completed': ['ReportHealth', 'FindUnhealthy', 'FindUnresponsive', ...STUCK],
};

const VARIATIONS: {
  readonly [Type in InstanceCommandType]?: (
    choice: Choice,
    state: InstanceState,
  ) => Partial<InstanceCommandData[Type]>;
} = {
  RegisterInstance: ({ imported }) => ({ status: imported }),
  ReportHealth: ({ health }) => ({ status: health }),
  RepeatCall: (_choice, state) => callIn(state),
  RetryCall: (_choice, state) => callIn(state),
  NoteAmbiguousCall: (_choice, state) => callIn(state),
  RefuseCall: ({ callNo }, state) => ({ ...callIn(state), tries: callNo }),
  AcceptDeployment: ({ build }) => ({ buildName: build }),
  ProgressDeployment: ({ buildStatus }) => ({ status: buildStatus }),
  RecordDuplicateBuilds: ({ build }) => ({ builds: [build, 'lagoon-build-c'] }),
  CompleteUpgrade: ({ build }) => ({ buildName: build }),
  SupersedeDeployment: ({ build }) => ({ by: build }),
  TimeOutStage: (_choice, state) => (state.kind === 'absent' ? {} : { seenStatus: state.status }),
};

/** Speaks of the call that is open, where one is. */
function callIn(state: InstanceState): { marker: string; callNo: number } {
  const call = state.kind === 'upgrading' ? state.call : null;
  return { marker: call?.marker ?? 'no-marker', callNo: call?.callNo ?? 1 };
}

const choice: fc.Arbitrary<Choice> = fc.record({
  way: fc.oneof(
    { weight: 9, arbitrary: fc.constant('onwards' as const) },
    { weight: 2, arbitrary: fc.constant('sideways' as const) },
    { weight: 1, arbitrary: fc.constant('anywhere' as const) },
  ),
  isStale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  pick: fc.nat(999),
  callNo: fc.constantFrom(1, 2),
  health: fc.constantFrom(...RUNNING_STATUSES),
  imported: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...HEALTHY_STATUSES) },
    { weight: 1, arbitrary: fc.constantFrom(...INSTANCE_STATUSES) },
  ),
  build: fc.constantFrom('lagoon-build-a', 'lagoon-build-b'),
  buildStatus: fc.constantFrom('new', 'queued', 'pending', 'running', 'paused'),
});

/** Histories that commands, mostly fitting and sometimes not, have led to. */
export const commandSequences: fc.Arbitrary<readonly Turn[]> = fc
  .array(choice, { minLength: 1, maxLength: 60, size: 'max' })
  .map(played);

export function eventsOf(turns: readonly Turn[]): readonly InstanceEvent[] {
  return turns.flatMap(({ events }) => events);
}

function played(choices: readonly Choice[]): readonly Turn[] {
  const turns: Turn[] = [];
  let before = INITIAL_STATE;
  for (const each of choices) {
    const command = commandFor(each, before, turns.length);
    const events = decidedOrRefused(command, before);
    const after = events.reduce(evolve, before);
    turns.push({ command, before, events, after });
    before = after;
  }
  return turns;
}

function decidedOrRefused(
  command: InstanceCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  try {
    return decide(command, state);
  } catch (error) {
    if (error instanceof DomainError) return [];
    throw error;
  }
}

function commandFor(chosen: Choice, state: InstanceState, turn: number): InstanceCommand {
  const candidates = candidatesFor(chosen, state);
  const type = candidates[chosen.pick % candidates.length] ?? 'RegisterInstance';
  const fixed = EXAMPLE_COMMAND_DATA[type];
  const ids = 'upgradeId' in fixed ? { upgradeId: upgradeIdFor(type, chosen, state, turn) } : {};
  return {
    type,
    data: { ...fixed, ...ids, ...VARIATIONS[type]?.(chosen, state) },
  } as InstanceCommand;
}

function candidatesFor({ way }: Choice, state: InstanceState): readonly InstanceCommandType[] {
  if (way === 'anywhere') return EVERY_COMMAND;
  if (state.kind === 'upgrading') return (way === 'onwards' ? ONWARDS : SIDEWAYS)[state.status];
  if (state.kind === 'absent') return ['RegisterInstance'];
  return way === 'onwards' && isHealthy(state.status)
    ? ['RequestUpgrade']
    : ['ReportHealth', 'RecordLateOutcome'];
}

/** A new upgrade has a new id, as every caller promises; all else speaks of the newest one. */
function upgradeIdFor(
  type: InstanceCommandType,
  { isStale }: Choice,
  state: InstanceState,
  turn: number,
): string {
  const isNew = type === 'RequestUpgrade' && !isStale;
  if (isNew || state.kind === 'absent') return `upgrade-${turn}`;
  if (state.kind === 'upgrading') return isStale ? 'upgrade-of-old' : state.workOrder.upgradeId;
  return state.lastUpgrade?.workOrder.upgradeId ?? `upgrade-${turn}`;
}
