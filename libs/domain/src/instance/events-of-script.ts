import { stepOf } from './events-of-call';
import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import { StepNotReachedError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import { IN_FLIGHT_STATUSES } from './in-flight-status';
import type { UpgradingInstance } from './instance.state';
import type { ScriptStep } from './work-order';
import { scriptMarkerOf } from './work-order';

export type ScriptCommand = InstanceCommandOf<'RequestScript' | 'AcceptScript'>;

const RUNS_IN = {
  'pre-upgrade': 'pre-upgrade-running',
  upgrade: 'upgrade-running',
  'post-upgrade': 'post-upgrade-running',
} as const satisfies Record<ScriptStep, UpgradingInstance['status']>;

/** A script of another step than the present one is a repeat, or ahead of its time. */
export function eventsOfScript(
  command: ScriptCommand,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const status = RUNS_IN[command.data.step];
  if (state.status !== status) {
    const isOver = IN_FLIGHT_STATUSES.indexOf(state.status) > IN_FLIGHT_STATUSES.indexOf(status);
    if (isOver) return [];
    throw new StepNotReachedError(command.type, state.status);
  }
  return command.type === 'RequestScript'
    ? requested(command.data, state)
    : accepted(command, state);
}

function requested(
  { worker }: InstanceCommandData['RequestScript'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { call, task, deployment } = state;
  const isAskedFor = call !== null || task !== null || deployment !== null;
  return isAskedFor ? [] : [firstScriptCall(worker, state)];
}

export function firstScriptCall(worker: string, state: UpgradingInstance): InstanceEvent {
  const { upgradeId, attempt } = state.workOrder;
  const step = stepOf(state);
  const marker = scriptMarkerOf(state.workOrder, step);
  return {
    type: 'ScriptRequested',
    data: { upgradeId, attempt, step, callNo: 1, marker, worker },
  };
}

function accepted(
  { type, data: { upgradeId, attempt, step, task } }: InstanceCommandOf<'AcceptScript'>,
  { call, task: known, status }: UpgradingInstance,
): readonly InstanceEvent[] {
  if (known !== null) return [];
  if (call?.effect !== 'script') throw new StepNotReachedError(type, status);
  const { callNo } = call;
  return [{ type: 'ScriptAccepted', data: { upgradeId, attempt, step, callNo, task } }];
}
