import type { Decider } from '../decider';
import { InstanceUnknownError, StepNotReachedError } from '../instance/instance.errors';
import type { Attempt, InstanceEvent } from '../instance/instance.events';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import type { InstanceState, KnownInstance } from '../instance/instance.state';
import { workOrderOf } from '../instance/instance.state';
import { isBefore } from '../status';
import { EXPIRY, type ExpiryCommands, PRIORITY, type PriorityCommands } from './admission.commands';
import { CALLS, type CallCommands } from './call.commands';
import { CANCELLATION, type CancelCommands } from './cancel.commands';
import type { AnyCommandRow } from './command-row';
import { OPERATOR, type OperatorCommands } from './operator.commands';
import { LATE_OUTCOME, type LateOutcomeCommands } from './late-outcome.commands';
import { PARKING, type ParkingCommands } from './parking.commands';
import { POLLING, type PollingCommands } from './polling.commands';
import { POST_UPGRADE, type PostUpgradeCommands } from './post-upgrade.commands';
import { PRE_UPGRADE, type PreUpgradeCommands } from './pre-upgrade.commands';
import { RECOVERY, type RecoveryCommands } from './recovery.commands';
import {
  deregistrationAfter,
  REGISTRATION,
  type RegistrationCommands,
} from './registration.commands';
import { RESOLUTION, type ResolutionCommands } from './resolution.commands';
import { UPGRADE, type UpgradeCommands } from './upgrade.commands';
import { VERIFICATION, type VerificationCommands } from './verification.commands';
import { WAITING, type WaitingCommands } from './waiting.commands';

/** What each command carries, by command type. Ids and times arrive here, never from inside the domain. */
export interface InstanceCommandData
  extends
    RegistrationCommands,
    OperatorCommands,
    PriorityCommands,
    ExpiryCommands,
    RecoveryCommands,
    ParkingCommands,
    ResolutionCommands,
    PreUpgradeCommands,
    UpgradeCommands,
    CallCommands,
    PollingCommands,
    CancelCommands,
    LateOutcomeCommands,
    PostUpgradeCommands,
    VerificationCommands,
    WaitingCommands,
    FirstStepCommands {}

/** Commands that begin the work of a stage. */
export type StartCommand = InstanceCommandOf<'StartPreUpgrade' | 'StartPostUpgrade'>;

interface FirstStepCommands {
  /** A stage begins, and the first that there is to say of it. */
  TakeFirstStep: Attempt & { readonly start: StartCommand; readonly step: WorkerCommand };
}

export type InstanceCommandType = keyof InstanceCommandData;

export type InstanceCommandOf<Type extends InstanceCommandType> = {
  readonly [T in Type]: { readonly type: T; readonly data: InstanceCommandData[T] };
}[Type];

export type InstanceCommand = InstanceCommandOf<InstanceCommandType>;

/** Commands of people and services, about an instance that is registered. */
export const OPERATOR_COMMANDS = [
  'ReportHealth',
  'RequestUpgrade',
  'CancelUpgrade',
  'RetryUpgrade',
  'AbandonUpgrade',
  'ResolveOutcome',
  'RollBackUpgrade',
  'RedriveStage',
  'ParkInstance',
  'UnparkInstance',
  'PrioritizeUpgrade',
  'UpdateInstance',
  'ClaimInstance',
  'UnclaimInstance',
  'DeregisterInstance',
] as const satisfies readonly InstanceCommandType[];

export type OperatorCommandType = (typeof OPERATOR_COMMANDS)[number];

/** Commands that report a worker's step of one attempt. */
export type WorkerCommandType = Exclude<
  InstanceCommandType,
  OperatorCommandType | 'RegisterInstance' | 'TakeFirstStep'
>;
export type WorkerCommand = InstanceCommandOf<WorkerCommandType>;

/** Both at once, as if one after the other; nothing if the stage may not begin, or there is nothing to say. */
const takeFirstStep: AnyCommandRow<FirstStepCommands['TakeFirstStep']> = {
  in: ({ start }) => statusesFor(start),
  decide({ start, step }, state) {
    const started = decide(start, state);
    if (started.length === 0) return [];
    const said = decide(step, started.reduce(evolve, state));
    return said.length === 0 ? [] : [...started, ...said];
  },
  elsewhere: ({ step }, state) => decide(step, state),
};

/** One row per command. */
export const COMMANDS: {
  readonly [Type in InstanceCommandType]: AnyCommandRow<InstanceCommandData[Type]>;
} = {
  ...REGISTRATION,
  ...OPERATOR,
  ...PRIORITY,
  ...EXPIRY,
  ...RECOVERY,
  ...PARKING,
  ...RESOLUTION,
  ...PRE_UPGRADE,
  ...UPGRADE,
  ...CALLS,
  ...POLLING,
  ...CANCELLATION,
  ...LATE_OUTCOME,
  ...POST_UPGRADE,
  ...VERIFICATION,
  ...WAITING,
  TakeFirstStep: takeFirstStep,
};

/** What a command leads to, and the deregistration that waits for it. */
export function decide<Type extends InstanceCommandType>(
  command: InstanceCommandOf<Type>,
  state: InstanceState,
): readonly InstanceEvent[] {
  const events = decideAlone(command, state);
  return state.kind === 'absent' ? events : [...events, ...deregistrationAfter(state, events)];
}

/** A look-up in the table, and three rules: an absent instance, another attempt, past or ahead of its time. */
function decideAlone<Type extends InstanceCommandType>(
  { type, data }: InstanceCommandOf<Type>,
  state: InstanceState,
): readonly InstanceEvent[] {
  const row = COMMANDS[type];
  const due = statusesFor({ type, data });
  if (state.kind === 'absent') {
    if (due.includes('absent')) return row.decide(data, state);
    throw new InstanceUnknownError();
  }
  const { status } = state;
  if (isOfAnotherAttempt(data, state)) return [];
  if (due.includes(status)) return row.decide(data, state);
  if (row.elsewhere) return row.elsewhere(data, state);
  if (due.every((each) => isBefore(status, each))) throw new StepNotReachedError(type, status);
  return [];
}

function statusesFor<Type extends InstanceCommandType>({ type, data }: InstanceCommandOf<Type>) {
  const { in: due } = COMMANDS[type];
  return typeof due === 'function' ? due(data) : due;
}

function isOfAnotherAttempt(
  data: InstanceCommandData[InstanceCommandType],
  state: KnownInstance,
): boolean {
  if (!('attempt' in data)) return false;
  const order = workOrderOf(state);
  return order?.upgradeId !== data.upgradeId || order.attempt !== data.attempt;
}

export const instanceDecider: Decider<InstanceCommand, InstanceState, InstanceEvent> = {
  initialState: INITIAL_STATE,
  decide,
  evolve,
};
