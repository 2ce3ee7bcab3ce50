import fc from 'fast-check';
import { DomainError } from '../decider';
import type {
  InstanceCommand,
  InstanceCommandData,
  InstanceCommandType,
} from '../commands/instance.decider';
import { decide } from '../commands/instance.decider';
import type { Attempt, InstanceEvent, Resolution } from '../instance/instance.events';
import { unsettledEffectOf } from '../instance/ended-upgrade';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import type { InstanceState, UpgradingInstance } from '../instance/instance.state';
import { workOrderOf } from '../instance/instance.state';
import type { UpgradePlan } from '../instance/upgrade-target';
import type { TaskStep } from '../instance/work-order';
import type { UpgradeStage } from '../status';
import { HEALTHY_STATUSES, INSTANCE_STATUSES, RUNNING_STATUSES, UPGRADE_STAGES } from '../status';
import { EXAMPLE_COMMAND_DATA, PROFILE, TASK } from './examples';
import type { Way } from './likely-commands';
import { candidatesFor } from './likely-commands';

/** What chance decides about one command. */
export interface Choice {
  readonly way: Way;
  readonly isStale: boolean;
  readonly pick: number;
  readonly tries: number;
  readonly health: (typeof RUNNING_STATUSES)[number];
  readonly imported: (typeof INSTANCE_STATUSES)[number];
  readonly plan: UpgradePlan;
  /** Speaks of the build that is followed, whatever its name, or of `build`. */
  readonly isOfOurs: boolean;
  readonly build: string;
  readonly buildStatus: string;
  readonly outcome: string;
  readonly target: string;
  readonly isRepair: boolean;
  readonly fromStage: UpgradeStage | null;
  readonly redeploy: boolean;
  readonly resolution: Resolution;
  readonly phase: 'active' | 'complete' | 'failed';
}

const FEATURE = { name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' } as const;
const PLANS: readonly UpgradePlan[] = [
  { strategy: 'redeploy-latest', target: null },
  { strategy: 'branch-ref', target: { ref: 'v2.1.0' } },
  { strategy: 'promote', target: { sourceEnvironment: 'staging' } },
  { strategy: 'variables', target: { variables: [FEATURE] } },
  { strategy: 'script', target: { script: { service: 'cli', command: 'migrate' } } },
];

/** Of what an upgrade does, of labels alone, and to another environment. */
const UPDATES: readonly Partial<InstanceCommandData['UpdateInstance']>[] = [
  {},
  { changes: { healthProbe: PROFILE.healthProbe } },
  { changes: {}, labels: { tenant: 'hamburg' } },
  { changes: { environment: 'dev' }, environmentId: 'of-dev' },
  { changes: { environment: PROFILE.environment }, environmentId: 'of-main' },
];

/** After the request. */
const START_BY = '2026-03-01T12:00:00.000Z';

const tenth = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);

export const choices: fc.Arbitrary<Choice> = fc.record({
  way: fc.oneof(
    { weight: 9, arbitrary: fc.constant('onwards' as const) },
    { weight: 4, arbitrary: fc.constant('sideways' as const) },
    { weight: 1, arbitrary: fc.constant('changed' as const) },
    { weight: 1, arbitrary: fc.constant('anywhere' as const) },
  ),
  isStale: tenth,
  pick: fc.nat(999),
  tries: fc.constantFrom(1, 2, 3),
  health: fc.constantFrom(...RUNNING_STATUSES),
  imported: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...HEALTHY_STATUSES) },
    { weight: 1, arbitrary: fc.constantFrom(...INSTANCE_STATUSES) },
  ),
  plan: fc.constantFrom(...PLANS),
  isOfOurs: tenth.map((isOther) => !isOther),
  build: fc.constantFrom('lagoon-build-a', 'lagoon-build-b'),
  buildStatus: fc.constantFrom('new', 'queued', 'pending', 'running', 'paused'),
  outcome: fc.constantFrom('complete', 'failed'),
  target: fc.constantFrom('lagoon:eu-1', 'admission:eu-1'),
  isRepair: fc.boolean(),
  fromStage: fc.option(fc.constantFrom(...UPGRADE_STAGES), { freq: 2 }),
  redeploy: tenth,
  resolution: fc.constantFrom<Resolution>(
    { kind: 'adopt', buildName: 'lagoon-build-a' },
    { kind: 'not-landed' },
  ),
  phase: fc.constantFrom('active', 'complete', 'failed'),
});

/** How a command of a type differs from its example, by chance and by the state it meets. */
const VARIATIONS: {
  readonly [Type in InstanceCommandType]?: (
    choice: Choice,
    state: InstanceState,
  ) => Partial<InstanceCommandData[Type]>;
} = {
  RegisterInstance: ({ imported }) => ({ status: imported }),
  ReportHealth: ({ health }) => ({ status: health }),
  UpdateInstance: ({ pick }) => UPDATES[pick % UPDATES.length] ?? {},
  DeregisterInstance: ({ tries }) => (tries > 1 ? { cancel: true } : {}),
  RequestUpgrade: ({ plan, pick, isRepair }) => ({
    ...plan,
    startBy: pick % 2 === 0 ? START_BY : null,
    repair: isRepair,
  }),
  RetryUpgrade: ({ fromStage, redeploy }) => ({ fromStage, redeploy }),
  RollBackUpgrade: (_choice, state) => ({ rollsBack: lastUpgradeId(state) }),
  RedriveStalledStage: (_choice, state) =>
    state.kind === 'upgrading' ? { seenStatus: state.status } : {},
  ConfirmResolution: ({ resolution, phase }, state) => ({
    resolution,
    adopted: { phase, task: TASK },
    ...callIn(state),
    ...markerIn(state),
  }),
  RequestScript: (_choice, state) => ({ step: stepIn(state) }),
  AcceptScript: (_choice, state) => ({ step: stepIn(state) }),
  RepeatCall: (_choice, state) => callIn(state),
  RetryCall: (_choice, state) => callIn(state),
  NoteAmbiguousCall: (_choice, state) => callIn(state),
  RefuseCall: ({ tries }, state) => ({ ...callIn(state), tries }),
  AcceptDeployment: ({ build }) => ({ buildName: build }),
  ProgressDeployment: ({ buildStatus }) => ({ status: buildStatus }),
  RecordDuplicateBuilds: ({ build }) => ({ builds: [build, 'lagoon-build-c'] }),
  SupersedeDeployment: ({ build }) => ({ by: build }),
  ReportInvisibleBuild: buildOf,
  ReportUnstartedBuild: buildOf,
  CompleteUpgrade: buildOf,
  DeclareOutcomeUnknown: (_choice, state) => ({ buildName: followedIn(state) }),
  ConfirmCancel: (choice, state) =>
    choice.isOfOurs ? { buildName: followedIn(state) } : { buildName: choice.build },
  ReportCancelWithoutEffect: (_choice, state) => ({ name: followedIn(state) ?? TASK.taskName }),
  RecordLateOutcome: ({ outcome }) => ({ status: outcome }),
  RecordWait: ({ target }) => ({ target }),
  EndWait: ({ target }) => ({ target }),
  NoteStillWaiting: ({ target }) => ({ target }),
  TimeOutStage: (_choice, state) => (state.kind === 'absent' ? {} : { seenStatus: state.status }),
  TakeFirstStep: firstStep,
};

const FIRST_STEPS = {
  StartPreUpgrade: ['RequestScript', 'CompletePreUpgrade', 'FailPreUpgrade'],
  StartPostUpgrade: ['RequestScript', 'CompletePostUpgrade', 'FailPostUpgrade'],
} as const;

function firstStep({ pick }: Choice, state: InstanceState) {
  const isPost = state.kind === 'upgrading' && state.status === 'pending-post-upgrade';
  const start = isPost ? 'StartPostUpgrade' : 'StartPreUpgrade';
  const step = FIRST_STEPS[start][pick % 3] ?? 'RequestScript';
  const of = (type: InstanceCommandType) => {
    const stepped =
      type === 'RequestScript' ? { step: isPost ? 'post-upgrade' : stepIn(state) } : {};
    return { type, data: { ...EXAMPLE_COMMAND_DATA[type], ...newestAttempt(state), ...stepped } };
  };
  return { start: of(start), step: of(step) } as Partial<InstanceCommandData['TakeFirstStep']>;
}

function newestAttempt(state: InstanceState): Partial<Attempt> {
  const newest = state.kind === 'absent' ? null : workOrderOf(state);
  return newest === null ? {} : { upgradeId: newest.upgradeId, attempt: newest.attempt };
}

function lastUpgradeId(state: InstanceState): string {
  return state.kind === 'resting' ? (state.lastUpgrade?.workOrder.upgradeId ?? 'none') : 'none';
}

function buildOf({ isOfOurs, build }: Choice, state: InstanceState): { buildName: string } {
  return { buildName: isOfOurs ? (followedIn(state) ?? build) : build };
}

function followedIn(state: InstanceState): string | null {
  return state.kind === 'upgrading' ? (state.deployment?.buildName ?? null) : null;
}

/** Speaks of the call that is open, where one is. */
function callIn(state: InstanceState): { marker: string; callNo: number } {
  const call = state.kind === 'upgrading' ? state.call : null;
  return { marker: call?.marker ?? 'no-marker', callNo: call?.callNo ?? 1 };
}

/** Speaks of the effect that has no outcome yet, where one is. */
function markerIn(state: InstanceState): { marker?: string } {
  const unsettled = unsettledEffectOf(state);
  return unsettled === null ? {} : { marker: unsettled.marker };
}

const STEP_OF: Partial<Record<UpgradingInstance['status'], TaskStep>> = {
  'upgrade-running': 'upgrade',
  'post-upgrade-running': 'post-upgrade',
  'post-upgrade-completed': 'verification',
};

function stepIn(state: InstanceState): TaskStep {
  return (state.kind === 'upgrading' ? STEP_OF[state.status] : undefined) ?? 'pre-upgrade';
}

/** What was decided on one command, and from where. */
export interface Turn {
  readonly command: InstanceCommand;
  readonly before: InstanceState;
  readonly events: readonly InstanceEvent[];
  readonly after: InstanceState;
}

/** Histories that commands, mostly fitting and sometimes not, have led to. */
export const commandSequences: fc.Arbitrary<readonly Turn[]> = fc
  .array(choices, { minLength: 1, maxLength: 60, size: 'max' })
  .map(played);

export function eventsOf(turns: readonly Turn[]): readonly InstanceEvent[] {
  return turns.flatMap(({ events }) => events);
}

function played(chosen: readonly Choice[]): readonly Turn[] {
  const turns: Turn[] = [];
  let before = INITIAL_STATE;
  for (const each of chosen) {
    const command = commandFor(each, before, turns.length);
    const events = decidedOrRefused(command, before);
    const after = events.reduce(evolve, before);
    turns.push({ command, before, events, after });
    before = after;
  }
  return turns;
}

export function decidedOrRefused(
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
  const candidates = candidatesFor(chosen.way, state);
  const type = candidates[chosen.pick % candidates.length] ?? 'RegisterInstance';
  const fixed = EXAMPLE_COMMAND_DATA[type];
  const ids = 'upgradeId' in fixed ? { upgradeId: upgradeIdFor(type, chosen, state, turn) } : {};
  return {
    type,
    data: { ...fixed, ...ids, ...attemptIn(fixed, state), ...VARIATIONS[type]?.(chosen, state) },
  } as InstanceCommand;
}

/** A report speaks of the present attempt. */
function attemptIn(fixed: object, state: InstanceState): { readonly attempt?: number } {
  if (!('attempt' in fixed) || state.kind === 'absent') return {};
  return { attempt: workOrderOf(state)?.attempt ?? 1 };
}

/** A new upgrade has a new id, as every caller promises; all else speaks of the newest one. */
function upgradeIdFor(
  type: InstanceCommandType,
  { isStale }: Choice,
  state: InstanceState,
  turn: number,
): string {
  const isNew = type === 'RequestUpgrade' ? !isStale : type === 'RollBackUpgrade';
  const newest = state.kind === 'absent' ? null : workOrderOf(state);
  if (isNew || newest === null) return `upgrade-${turn}`;
  return isStale && state.kind === 'upgrading' ? 'upgrade-of-old' : newest.upgradeId;
}
