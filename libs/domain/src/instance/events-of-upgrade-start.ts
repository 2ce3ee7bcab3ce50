import { firstScriptCall } from './events-of-script';
import type { InstanceCommandOf } from './instance.commands';
import { StepNotReachedError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';
import { markerOf } from './work-order';

/** The stage and its intent in one append: an effect never comes before what announces it. */
export function upgradeStarted(
  { type, data: { upgradeId, attempt, worker, bulkId } }: InstanceCommandOf<'StartUpgrade'>,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const isReady = namesToSet(state).length === 0 || state.notes.variables === 'set';
  if (!isReady) throw new StepNotReachedError(type, state.status);
  const started: InstanceEvent = { type: 'UpgradeStarted', data: { upgradeId, attempt, worker } };
  if (state.workOrder.strategy === 'script') {
    return [started, firstScriptCall(worker, { ...state, status: 'upgrade-running' })];
  }
  const marker = markerOf(state.workOrder);
  return [
    started,
    {
      type: 'DeploymentRequested',
      data: { upgradeId, attempt, callNo: 1, marker, bulkId, worker },
    },
  ];
}

/** Variables are upserts: asked for once, and safe to write again until they are known to be set. */
export function variableEvents(
  command: InstanceCommandOf<'RequestVariables' | 'RecordVariables'>,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { variables } = state.notes;
  if (command.type === 'RecordVariables') {
    if (variables === null) throw new StepNotReachedError(command.type, state.status);
    return variables === 'set' ? [] : [{ type: 'VariablesSet', data: command.data }];
  }
  const names = namesToSet(state);
  if (variables !== null || names.length === 0) return [];
  return [{ type: 'VariablesRequested', data: { ...command.data, names } }];
}

function namesToSet({ workOrder: { target } }: UpgradingInstance): readonly string[] {
  return target !== null && 'variables' in target ? target.variables.map(({ name }) => name) : [];
}
