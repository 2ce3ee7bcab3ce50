import type { CallState } from './call-state';
import { MOST_CALLS } from './call-state';
import { failureIn } from './failure-of-status';
import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import type { Attempt, Evidence, InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';
import type { ScriptStep } from './work-order';

export type CallCommand = InstanceCommandOf<
  'NoteAmbiguousCall' | 'RepeatCall' | 'RefuseCall' | 'RetryCall'
>;

/** What is learnt of a call; nothing if it speaks of another call, or of one that is over. */
export function eventsOfCall(
  command: CallCommand,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { call } = state;
  const { marker, callNo } = command.data;
  if (call?.marker !== marker || call.callNo !== callNo) return [];
  if (command.type === 'RetryCall') {
    return call.isOpen ? [] : nextCall(command.data, state, call);
  }
  if (!call.isOpen) return [];
  switch (command.type) {
    case 'NoteAmbiguousCall':
      return ambiguous(command.data, call);
    case 'RepeatCall':
      return notLanded(command.data, state, call);
    case 'RefuseCall':
      return refused(command.data, state, call);
  }
}

function ambiguous(
  { upgradeId, attempt, callNo, evidence }: InstanceCommandData['NoteAmbiguousCall'],
  { isAmbiguous }: CallState,
): readonly InstanceEvent[] {
  if (isAmbiguous) return [];
  return [{ type: 'CallAmbiguous', data: { upgradeId, attempt, callNo, evidence } }];
}

function notLanded(
  data: InstanceCommandData['RepeatCall'],
  state: UpgradingInstance,
  call: CallState,
): readonly InstanceEvent[] {
  const { upgradeId, attempt, callNo, evidence } = data;
  const proof: InstanceEvent = {
    type: 'CallNotLanded',
    data: { upgradeId, attempt, callNo, evidence },
  };
  const isLast = call.notLanded + 1 >= MOST_CALLS;
  return isLast && state.workOrder.cancelRequested === undefined
    ? [proof, ...outcomeUnknown({ upgradeId, attempt }, evidence, state)]
    : [proof, ...nextCall(data, state, call)];
}

function refused(
  data: InstanceCommandData['RefuseCall'],
  state: UpgradingInstance,
  call: CallState,
): readonly InstanceEvent[] {
  const { upgradeId, attempt, callNo, reason, evidence, retryable, tries } = data;
  if (state.workOrder.cancelRequested) return [cancelled(state)];
  if (call.refusals + 1 < tries) {
    return [{ type: 'CallRefused', data: { upgradeId, attempt, callNo, evidence } }];
  }
  return [failureIn(state.status, { upgradeId, attempt, reason, evidence, retryable })];
}

/** After a cancel nothing is begun any more. */
function nextCall(
  { worker }: { readonly worker: string },
  state: UpgradingInstance,
  { effect, callNo, marker, bulkId }: CallState,
): readonly InstanceEvent[] {
  const { upgradeId, attempt, cancelRequested } = state.workOrder;
  if (cancelRequested) return [cancelled(state)];
  const next = { upgradeId, attempt, callNo: callNo + 1, marker, worker };
  return effect === 'deployment'
    ? [{ type: 'DeploymentRequested', data: { ...next, bulkId } }]
    : [{ type: 'ScriptRequested', data: { ...next, step: stepOf(state) } }];
}

export function cancelled({ workOrder }: UpgradingInstance): InstanceEvent {
  const { upgradeId, attempt, originStatus } = workOrder;
  return { type: 'UpgradeCancelled', data: { upgradeId, attempt, status: originStatus } };
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

/** The step whose script may run in the present status. */
export function stepOf({ status }: Pick<UpgradingInstance, 'status'>): ScriptStep {
  if (status === 'pre-upgrade-running') return 'pre-upgrade';
  return status === 'post-upgrade-running' ? 'post-upgrade' : 'upgrade';
}
