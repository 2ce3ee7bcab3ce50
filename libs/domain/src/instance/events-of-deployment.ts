import type { DeploymentState } from './deployment-state';
import { cancelled, outcomeUnknown } from './events-of-call';
import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import { StepNotReachedError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';

export type DeploymentCommand = InstanceCommandOf<
  | 'AcceptDeployment'
  | 'RecordDuplicateBuilds'
  | 'CompleteUpgrade'
  | 'FailUpgrade'
  | 'DeclareOutcomeUnknown'
  | 'ConfirmCancel'
>;

export function deploymentEvents(
  command: DeploymentCommand,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  switch (command.type) {
    case 'FailUpgrade':
      return [{ type: 'UpgradeFailed', data: command.data }];
    case 'AcceptDeployment':
      return accepted(command, state);
    case 'RecordDuplicateBuilds':
      return duplicates(command.data, state);
    case 'CompleteUpgrade':
      return completed(command, state);
    case 'DeclareOutcomeUnknown':
      return unknown(command, state);
    case 'ConfirmCancel':
      return cancelConfirmed(command.data, state);
  }
}

function accepted(
  { type, data: { buildName } }: InstanceCommandOf<'AcceptDeployment'>,
  { workOrder, call, deployment, status }: UpgradingInstance,
): readonly InstanceEvent[] {
  if (deployment !== null) return [];
  if (call?.effect !== 'deployment') throw new StepNotReachedError(type, status);
  const { callNo, bulkId } = call;
  const wave = bulkId === null ? {} : { bulkId };
  return [{ type: 'DeploymentAccepted', data: { workOrder, buildName, callNo, ...wave } }];
}

function duplicates(
  data: InstanceCommandData['RecordDuplicateBuilds'],
  { notes }: UpgradingInstance,
): readonly InstanceEvent[] {
  const isKnown = data.builds.every((build) => notes.duplicateBuilds.includes(build));
  return isKnown ? [] : [{ type: 'DuplicateBuildDetected', data }];
}

function completed(
  { type, data }: InstanceCommandOf<'CompleteUpgrade'>,
  { workOrder, status, deployment, task }: UpgradingInstance,
): readonly InstanceEvent[] {
  if (deployment === null && task === null) throw new StepNotReachedError(type, status);
  const { upgradeId, attempt, buildName } = data;
  if (isOfAnotherBuild(buildName, deployment)) return [];
  const { cancelRequested, ...order } = workOrder;
  const tooLate: readonly InstanceEvent[] =
    cancelRequested === undefined
      ? []
      : [{ type: 'UpgradeCancelTooLate', data: { upgradeId, attempt, buildName } }];
  return [
    ...tooLate,
    { type: 'UpgradeCompleted', data },
    { type: 'PostUpgradePending', data: { workOrder: order } },
  ];
}

/** Says nothing about a build that another one has taken the place of in the history. */
function unknown(
  { data: { upgradeId, attempt, buildName, evidence } }: InstanceCommandOf<'DeclareOutcomeUnknown'>,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const isOfPresentBuild = (state.deployment?.buildName ?? null) === buildName;
  return isOfPresentBuild ? outcomeUnknown({ upgradeId, attempt }, evidence, state) : [];
}

/** After a half-way stop the instance has to prove its health before it goes back. */
function cancelConfirmed(
  { buildName }: InstanceCommandData['ConfirmCancel'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  const { workOrder, deployment, task } = state;
  if (workOrder.cancelRequested === undefined) return [];
  if (buildName === null) return deployment === null && task === null ? [cancelled(state)] : [];
  if (isOfAnotherBuild(buildName, deployment)) return [];
  return [{ type: 'DeploymentCancelled', data: { workOrder, buildName } }];
}

/** Neither the build that is followed nor the one that took its place. */
function isOfAnotherBuild(buildName: string, deployment: DeploymentState | null): boolean {
  return (
    deployment !== null && ![deployment.buildName, deployment.supersededBy].includes(buildName)
  );
}
