import type {
  Attempt,
  Evidence,
  InstanceEvent,
  Resolution,
  TaskReference,
} from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import { LIFECYCLE } from '../instance/instance.lifecycle';
import { failureIn } from '../instance/stage-failure';
import type { KnownInstance, RestingInstance, UpgradingInstance } from '../instance/instance.state';
import type { ResolutionRefusal } from '../instance/reasons';
import type { CallState } from '../instance/attempt-progress';
import { scriptStepIn, unsettledEffectOf } from '../instance/ended-upgrade';
import { lateOutcome } from './late-outcome.commands';
import type { ScriptStep, UnsettledEffect } from '../instance/work-order';
import { isHealthy, isRunning } from '../status';
import { endOfCancel } from './cancel.commands';
import type { CommandRow } from './command-row';
import { isStopped } from './command-row';

/** What Lagoon says of an operator's claim about an intent without an outcome. */
export interface ResolutionCommands {
  ConfirmResolution: Attempt & {
    readonly resolution: Resolution;
    readonly evidence: Evidence;
    /** How the adopted build or task stands in Lagoon; null if nothing is adopted. */
    readonly adopted: AdoptedEffect | null;
    /** The effect that was looked for: the calls of each are counted from 1. */
    readonly marker: string;
    /** The call that was looked for; null after the end of the attempt. */
    readonly callNo: number | null;
    /** Whole time of what is left to do after a late success. */
    readonly attemptMs: number;
  };
  RefuseResolution: Attempt & {
    readonly resolution: Resolution;
    readonly reason: ResolutionRefusal;
    readonly evidence: Evidence;
  };
}

export interface AdoptedEffect {
  readonly phase: 'active' | 'complete' | 'failed' | 'cancelled';
  /** Null for a build. */
  readonly task: TaskReference | null;
}

type Confirmation = ResolutionCommands['ConfirmResolution'];

const MAY_BE_UNSETTLED = LIFECYCLE.OutcomeResolved.from;

const confirmResolution: CommandRow<Confirmation, (typeof MAY_BE_UNSETTLED)[number]> = {
  in: MAY_BE_UNSETTLED,
  decide(data, state: KnownInstance) {
    const { upgradeId, attempt, resolution, evidence, marker } = data;
    if (unsettledEffectOf(state)?.marker !== marker) return [];
    const resolved = eventOf('OutcomeResolved', { upgradeId, attempt, resolution, evidence });
    const next = state.kind === 'upgrading' ? inFlight(data, state) : atRest(data, state);
    return next === null ? [] : [resolved, ...next];
  },
};

/** Null if the call has an outcome by now, or another was made. */
function inFlight(data: Confirmation, state: UpgradingInstance): readonly InstanceEvent[] | null {
  const { call } = state;
  if (call?.isOpen !== true || call.callNo !== data.callNo) return null;
  const { resolution } = data;
  return resolution.kind === 'adopt'
    ? adopted(data, resolution.buildName, { ...state, call })
    : notLanded(data, { ...state, call });
}

type Calling = UpgradingInstance & { readonly call: CallState };

function notLanded(
  { upgradeId, attempt, evidence }: Confirmation,
  state: Calling,
): readonly InstanceEvent[] {
  const { callNo } = state.call;
  const failure = { reason: 'call-not-landed', evidence, retryable: true } as const;
  const proof = eventOf('CallNotLanded', { upgradeId, attempt, callNo, evidence });
  return isStopped(state)
    ? [proof, endOfCancel(state)]
    : [proof, failureIn(state.status, { upgradeId, attempt, ...failure })];
}

/** Null for a task that is not known: nobody could follow it. */
function adopted(
  { upgradeId, attempt, adopted: effect }: Confirmation,
  buildName: string,
  { call: { effect: kind, callNo, bulkId }, workOrder, status }: Calling,
): readonly InstanceEvent[] | null {
  if (kind === 'deployment') {
    const wave = bulkId === null ? {} : { bulkId };
    return [eventOf('DeploymentAccepted', { workOrder, buildName, callNo, ...wave })];
  }
  const task = effect?.task ?? null;
  if (task === null) return null;
  const step = scriptStepIn(status);
  return [eventOf('ScriptAccepted', { upgradeId, attempt, step, callNo, task })];
}

/** What is adopted after the end is an outcome that came late. */
function atRest(
  { upgradeId, attempt, resolution, adopted: effect, attemptMs }: Confirmation,
  state: RestingInstance,
): readonly InstanceEvent[] | null {
  const unsettled = unsettledEffectOf(state);
  if (unsettled === null || effect?.phase === 'active') return null;
  if (resolution.kind === 'not-landed' || effect === null) return [];
  if (!isTakenUp(state, unsettled)) return [];
  const { buildName } = resolution;
  const { phase: status, task } = effect;
  const outcome = { upgradeId, attempt, buildName, status, ...stepOf(unsettled) };
  return lateOutcome({ ...outcome, attemptMs, task, located: null }, goingOn(state));
}

/** An app that was found ill had come further before: what goes on behind that is another attempt. */
function goingOn({ lastUpgrade, status }: RestingInstance): Pick<RestingInstance, 'lastUpgrade'> {
  if (lastUpgrade === null || !isRunning(status)) return { lastUpgrade };
  const { workOrder } = lastUpgrade;
  const { attempt } = workOrder;
  return { lastUpgrade: { ...lastUpgrade, workOrder: { ...workOrder, attempt: attempt + 1 } } };
}

/** An app that is well goes on as it is; one that is ill goes on after its deployment. */
function isTakenUp({ status }: RestingInstance, { step }: UnsettledEffect): boolean {
  const isDeployment = step === null || step === 'upgrade';
  return !isHealthy(status) && (isDeployment || !isRunning(status));
}

function stepOf({ step }: UnsettledEffect): { readonly step?: ScriptStep } {
  return step === null ? {} : { step };
}

export const RESOLUTION = {
  ConfirmResolution: confirmResolution,
  RefuseResolution: {
    in: MAY_BE_UNSETTLED,
    decide: (data, state: KnownInstance) =>
      unsettledEffectOf(state) === null ? [] : [eventOf('OutcomeResolutionRefused', data)],
  } satisfies CommandRow<ResolutionCommands['RefuseResolution'], (typeof MAY_BE_UNSETTLED)[number]>,
};
