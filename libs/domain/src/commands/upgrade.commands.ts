import { StepNotReachedError } from '../instance/instance.errors';
import type { Attempt, ByWorker, KnownFailure, InstanceEvent } from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type { UpgradingInstance } from '../instance/instance.state';
import { markerOf } from '../instance/work-order';
import { firstScriptCall } from './call.commands';
import { endOfCancel, failing } from './cancel.commands';
import { unlessStopped, type CommandRows } from './command-row';

export interface UpgradeCommands {
  RequestVariables: ByWorker;
  RecordVariables: Attempt & {
    readonly written: readonly string[];
    readonly unchanged: readonly string[];
  };
  /** Opens the stage and states the intent: a deployment, or the script of that strategy. */
  StartUpgrade: ByWorker & { readonly bulkId: string | null };
  FailUpgrade: KnownFailure;
}

export const UPGRADE: CommandRows<UpgradeCommands> = {
  /** Variables are upserts: asked for once, and safe to write again until they are known to be set. */
  RequestVariables: {
    in: ['pending-upgrade'],
    decide: unlessStopped((data, state) => {
      const names = namesToSet(state);
      if (state.notes.variables !== null || names.length === 0) return [];
      return [{ type: 'VariablesRequested', data: { ...data, names } }];
    }),
  },
  RecordVariables: {
    in: ['pending-upgrade'],
    decide(data, state) {
      const { workOrder, notes, status } = state;
      if (notes.variables === null) throw new StepNotReachedError('RecordVariables', status);
      if (notes.variables === 'set') return [];
      const set = eventOf('VariablesSet', data);
      return workOrder.cancelRequested ? [set, endOfCancel(state)] : [set];
    },
  },
  /** The stage and its intent in one append: an effect never comes before what announces it. */
  StartUpgrade: {
    in: ['pending-upgrade'],
    decide: unlessStopped(({ upgradeId, attempt, worker, bulkId }, state) => {
      const isReady = namesToSet(state).length === 0 || state.notes.variables === 'set';
      if (!isReady) throw new StepNotReachedError('StartUpgrade', state.status);
      const { workOrder } = state;
      const started = { upgradeId, attempt, worker };
      const deployment = { ...started, callNo: 1, marker: markerOf(workOrder), bulkId };
      const intent: InstanceEvent =
        workOrder.strategy === 'script'
          ? firstScriptCall(worker, workOrder, 'upgrade')
          : { type: 'DeploymentRequested', data: deployment };
      return [{ type: 'UpgradeStarted', data: started }, intent];
    }),
  },
  FailUpgrade: {
    in: ['pending-upgrade', 'upgrade-running'],
    decide: (data, state) => failing('UpgradeFailed', data, state),
  },
};

function namesToSet({ workOrder: { target } }: UpgradingInstance): readonly string[] {
  return target !== null && 'variables' in target ? target.variables.map(({ name }) => name) : [];
}
