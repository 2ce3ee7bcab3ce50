import type { InstanceCommandData, InstanceCommandOf } from './instance.commands';
import { StepNotReachedError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { DeploymentState } from './deployment-state';
import type { UpgradingInstance } from './instance.state';
import { markerOf } from './work-order';

export type DeploymentCommand = InstanceCommandOf<
  | 'RequestDeployment'
  | 'RepeatDeployment'
  | 'AcceptDeployment'
  | 'ProgressDeployment'
  | 'RecordDuplicateBuilds'
  | 'CompleteUpgrade'
  | 'RefuseDeployment'
  | 'FailUpgrade'
  | 'DeclareOutcomeUnknown'
>;

/** A third call is never made: after the second, a person decides. */
export const MOST_CALLS = 2;

/** Lagoon's order of non-terminal statuses: an observation never moves a deployment back. */
const PROGRESS = ['new', 'queued', 'pending', 'running'];

export function deploymentEvents(
  command: DeploymentCommand,
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  if (command.type === 'RequestDeployment') return firstCall(command.data, state);
  if (command.type === 'FailUpgrade') return [{ type: 'UpgradeFailed', data: command.data }];
  if (state.deployment === null) throw new StepNotReachedError(command.type, state.status);
  switch (command.type) {
    case 'RepeatDeployment':
      return nextCall(command.data, state, state.deployment);
    case 'DeclareOutcomeUnknown':
      return state.deployment.buildName === null ? outcomeUnknown(command.data) : [];
    case 'RefuseDeployment':
      return refused(command.data, state.deployment);
    case 'AcceptDeployment':
      return accepted(command.data, state, state.deployment);
    case 'RecordDuplicateBuilds':
      return duplicates(command.data, state);
    case 'ProgressDeployment':
      return progressed(command, state, state.deployment);
    case 'CompleteUpgrade':
      return completed(command, state, state.deployment);
  }
}

function firstCall(
  { upgradeId, attempt, worker, bulkId }: InstanceCommandData['RequestDeployment'],
  { workOrder }: UpgradingInstance,
): readonly InstanceEvent[] {
  return [
    { type: 'UpgradeStarted', data: { upgradeId, attempt, worker } },
    {
      type: 'DeploymentRequested',
      data: { upgradeId, attempt, callNo: 1, marker: markerOf(workOrder), bulkId, worker },
    },
  ];
}

function nextCall(
  data: InstanceCommandData['RepeatDeployment'],
  { workOrder }: UpgradingInstance,
  deployment: DeploymentState,
): readonly InstanceEvent[] {
  const { upgradeId, attempt, callNo, evidence, worker, bulkId } = data;
  if (deployment.buildName !== null || deployment.callNo !== callNo) return [];
  const notLanded: InstanceEvent = {
    type: 'CallNotLanded',
    data: { upgradeId, attempt, callNo, evidence },
  };
  if (callNo >= MOST_CALLS) return [notLanded, ...outcomeUnknown(data)];
  const marker = markerOf(workOrder);
  return [
    notLanded,
    {
      type: 'DeploymentRequested',
      data: { upgradeId, attempt, callNo: callNo + 1, marker, bulkId, worker },
    },
  ];
}

function outcomeUnknown({
  upgradeId,
  attempt,
  evidence,
}: InstanceCommandData['DeclareOutcomeUnknown']): readonly InstanceEvent[] {
  const reason = 'outcome-unknown';
  return [
    { type: 'OutcomeUnknown', data: { upgradeId, attempt, evidence } },
    { type: 'UpgradeFailed', data: { upgradeId, attempt, reason, evidence, retryable: false } },
  ];
}

function refused(
  { callNo, ...failure }: InstanceCommandData['RefuseDeployment'],
  deployment: DeploymentState,
): readonly InstanceEvent[] {
  const isOpen = deployment.callNo === callNo && deployment.buildName === null;
  return isOpen ? [{ type: 'UpgradeFailed', data: failure }] : [];
}

function accepted(
  { buildName }: InstanceCommandData['AcceptDeployment'],
  { workOrder }: UpgradingInstance,
  { buildName: known, callNo }: DeploymentState,
): readonly InstanceEvent[] {
  if (known !== null) return [];
  return [{ type: 'DeploymentAccepted', data: { workOrder, buildName, callNo } }];
}

function duplicates(
  data: InstanceCommandData['RecordDuplicateBuilds'],
  { notes }: UpgradingInstance,
): readonly InstanceEvent[] {
  const isKnown = data.builds.every((build) => notes.duplicateBuilds.includes(build));
  return isKnown ? [] : [{ type: 'DuplicateBuildDetected', data }];
}

function progressed(
  { type, data }: InstanceCommandOf<'ProgressDeployment'>,
  state: UpgradingInstance,
  { buildName, status, buildStep }: DeploymentState,
): readonly InstanceEvent[] {
  if (buildName === null) throw new StepNotReachedError(type, state.status);
  const isSame = data.status === status && data.buildStep === buildStep;
  const isBackwards =
    status !== null &&
    PROGRESS.includes(data.status) &&
    PROGRESS.indexOf(data.status) < PROGRESS.indexOf(status);
  return isSame || isBackwards ? [] : [{ type: 'DeploymentProgressed', data }];
}

function completed(
  command: InstanceCommandOf<'CompleteUpgrade'>,
  { workOrder, status }: UpgradingInstance,
  deployment: DeploymentState,
): readonly InstanceEvent[] {
  if (deployment.buildName === null) throw new StepNotReachedError(command.type, status);
  const { supersededBy, ...outcome } = command.data;
  const { upgradeId, attempt } = outcome;
  const superseded: readonly InstanceEvent[] =
    supersededBy === null
      ? []
      : [{ type: 'DeploymentSuperseded', data: { upgradeId, attempt, by: supersededBy } }];
  return [
    ...superseded,
    { type: 'UpgradeCompleted', data: outcome },
    { type: 'PostUpgradePending', data: { workOrder } },
  ];
}
