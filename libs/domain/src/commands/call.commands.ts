import { StepNotReachedError } from '../instance/instance.errors';
import type {
  Attempt,
  ByWorker,
  Evidence,
  KnownFailure,
  InstanceEvent,
  TaskReference,
} from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type { CallState } from '../instance/attempt-progress';
import { scriptStepIn } from '../instance/ended-upgrade';
import { SCRIPTING } from '../instance/instance.lifecycle';
import { failureIn } from '../instance/stage-failure';
import type { UpgradingInstance } from '../instance/instance.state';
import type { InFlightStatus } from '../status';
import type { TaskStep, WorkOrder } from '../instance/work-order';
import { scriptMarkerOf } from '../instance/work-order';
import { endOfCancel } from './cancel.commands';
import type { CommandRow, CommandRows } from './command-row';
import { isStopped, unlessStopped } from './command-row';

/** Speaks of one call of one effect, and of no other. */
interface OfCall extends Attempt {
  readonly marker: string;
  readonly callNo: number;
}

/** Effects in Lagoon, of whatever stage: what is asked for, and what is learnt of the call. */
export interface CallCommands {
  RequestScript: ByWorker & { readonly step: TaskStep };
  AcceptScript: Attempt & { readonly step: TaskStep; readonly task: TaskReference };
  /** Nobody can tell what became of the call. */
  NoteAmbiguousCall: OfCall & { readonly evidence: Evidence };
  /** The call is proved not to have landed: call again, or give up after the second. */
  RepeatCall: OfCall & { readonly evidence: Evidence; readonly worker: string };
  /** Lagoon surely refused the call; `tries` is how often such a refusal is met before it counts. */
  RefuseCall: OfCall & KnownFailure & { readonly tries: number };
  /** The call was refused in words that may pass, and time has passed. */
  RetryCall: OfCall & { readonly worker: string };
}

/** A third call that may land is never made: after the second, a person decides. */
export const MOST_CALLS = 2;

export const CALLS: CommandRows<CallCommands> = {
  RequestScript: {
    in: statusOf,
    decide: unlessStopped(({ worker, step }, { workOrder, call, task, deployment }) => {
      const isAskedFor = call !== null || task !== null || deployment !== null;
      return isAskedFor ? [] : [firstScriptCall(worker, workOrder, step)];
    }),
  },
  AcceptScript: {
    in: statusOf,
    decide({ upgradeId, attempt, step, task }, { call, task: known, status }) {
      if (known !== null) return [];
      if (call?.effect !== 'script') throw new StepNotReachedError('AcceptScript', status);
      const { callNo } = call;
      return [{ type: 'ScriptAccepted', data: { upgradeId, attempt, step, callNo, task } }];
    },
  },
  NoteAmbiguousCall: ofOpenCall(({ upgradeId, attempt, callNo, evidence }, _state, call) =>
    call.isAmbiguous ? [] : [eventOf('CallAmbiguous', { upgradeId, attempt, callNo, evidence })],
  ),
  RepeatCall: ofOpenCall(({ upgradeId, attempt, callNo, evidence, worker }, state, call) => {
    const proof = eventOf('CallNotLanded', { upgradeId, attempt, callNo, evidence });
    const isLast = call.notLanded + 1 >= MOST_CALLS;
    return isLast && !isStopped(state)
      ? [proof, ...outcomeUnknown({ upgradeId, attempt }, evidence, state)]
      : [proof, ...nextCall(worker, state, call)];
  }),
  RefuseCall: ofOpenCall((data, state, call) => {
    const { upgradeId, attempt, callNo, reason, evidence, retryable, tries } = data;
    const refused = eventOf('CallRefused', { upgradeId, attempt, callNo, evidence });
    if (isStopped(state)) return [refused, endOfCancel(state)];
    if (call.refusals + 1 < tries) return [refused];
    return [refused, failureIn(state.status, { upgradeId, attempt, reason, evidence, retryable })];
  }),
  RetryCall: ofCall(({ worker }, state, call) =>
    call.isOpen ? [] : nextCall(worker, state, call),
  ),
};

const STATUS_OF_STEP = {
  'pre-upgrade': 'pre-upgrade-running',
  upgrade: 'upgrade-running',
  'post-upgrade': 'post-upgrade-running',
  verification: 'post-upgrade-completed',
} as const satisfies Record<TaskStep, InFlightStatus>;

function statusOf({ step }: { readonly step: TaskStep }) {
  return [STATUS_OF_STEP[step]];
}

type DecideOnCall<Data> = (
  data: Data,
  state: UpgradingInstance,
  call: CallState,
) => readonly InstanceEvent[];

/** Nothing if it speaks of another call, or of one that is over. */
function ofCall<Data extends OfCall>(decide: DecideOnCall<Data>): CommandRow<Data> {
  return {
    in: SCRIPTING,
    decide(data, state) {
      const { call } = state;
      const isOurs = call?.marker === data.marker && call.callNo === data.callNo;
      return isOurs ? decide(data, state, call) : [];
    },
  };
}

function ofOpenCall<Data extends OfCall>(decide: DecideOnCall<Data>): CommandRow<Data> {
  return ofCall((data, state, call) => (call.isOpen ? decide(data, state, call) : []));
}

export function firstScriptCall(worker: string, order: WorkOrder, step: TaskStep): InstanceEvent {
  const { upgradeId, attempt } = order;
  const marker = scriptMarkerOf(order, step);
  return eventOf('ScriptRequested', { upgradeId, attempt, step, callNo: 1, marker, worker });
}

/** After a cancel nothing is begun any more, and nothing while an operator holds the instance. */
function nextCall(
  worker: string,
  state: UpgradingInstance,
  { effect, callNo, marker, bulkId }: CallState,
): readonly InstanceEvent[] {
  const { upgradeId, attempt, parked } = state.workOrder;
  if (isStopped(state)) return [endOfCancel(state)];
  if (parked) return [];
  const next = { upgradeId, attempt, callNo: callNo + 1, marker, worker };
  return effect === 'deployment'
    ? [{ type: 'DeploymentRequested', data: { ...next, bulkId } }]
    : [{ type: 'ScriptRequested', data: { ...next, step: scriptStepIn(state.status) } }];
}

export function outcomeUnknown(
  attempt: Attempt,
  evidence: Evidence,
  { status }: UpgradingInstance,
): readonly InstanceEvent[] {
  const reason = 'outcome-unknown';
  return [
    { type: 'OutcomeUnknown', data: { ...attempt, evidence } },
    failureIn(status, { ...attempt, reason, evidence, retryable: false }),
  ];
}
