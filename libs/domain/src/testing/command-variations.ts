import type { InstanceCommandData, InstanceCommandType } from '../instance/instance.commands';
import type { InstanceState, UpgradingInstance } from '../instance/instance.state';
import type { ScriptStep } from '../instance/work-order';
import type { Choice } from './command-choice';

/** How a command of a type differs from its example, by chance and by the state it meets. */
export const VARIATIONS: {
  readonly [Type in InstanceCommandType]?: (
    choice: Choice,
    state: InstanceState,
  ) => Partial<InstanceCommandData[Type]>;
} = {
  RegisterInstance: ({ imported }) => ({ status: imported }),
  ReportHealth: ({ health }) => ({ status: health }),
  RequestUpgrade: ({ plan }) => plan,
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
  RecordLateOutcome: ({ outcome }) => ({ status: outcome }),
  RecordWait: ({ target }) => ({ target }),
  EndWait: ({ target }) => ({ target }),
  TimeOutStage: (_choice, state) => (state.kind === 'absent' ? {} : { seenStatus: state.status }),
};

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

const STEP_OF: Partial<Record<UpgradingInstance['status'], ScriptStep>> = {
  'upgrade-running': 'upgrade',
  'post-upgrade-running': 'post-upgrade',
};

function stepIn(state: InstanceState): ScriptStep {
  return (state.kind === 'upgrading' ? STEP_OF[state.status] : undefined) ?? 'pre-upgrade';
}
