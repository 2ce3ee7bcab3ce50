import { firstScriptCall } from './events-of-script';
import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';
import { markerOf } from './work-order';

/** The stage and its intent in one append: an effect never comes before what announces it. */
export function upgradeStarted(
  { upgradeId, attempt, worker, bulkId }: InstanceCommandData['StartUpgrade'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
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
  { workOrder: { target }, notes }: UpgradingInstance,
): readonly InstanceEvent[] {
  if (command.type === 'RecordVariables') {
    return notes.variables === 'set' ? [] : [{ type: 'VariablesSet', data: command.data }];
  }
  if (notes.variables !== null || target === null || !('variables' in target)) return [];
  const names = target.variables.map(({ name }) => name);
  return [{ type: 'VariablesRequested', data: { ...command.data, names } }];
}
