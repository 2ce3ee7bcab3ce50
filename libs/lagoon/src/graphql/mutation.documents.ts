import type { Accepted, DeployAccepted, TaskAccepted } from '../lagoon.outcomes';
import * as accepted from './accepted-readers';
import type { AnswerReader } from './mutation-classifier';

/** A mutation, where its answer stands, and how to read it. */
export interface MutationDocument<A> {
  readonly name: string;
  readonly text: string;
  readonly field: string;
  readonly read: AnswerReader<A>;
  /** Lagoon's words, beside no value, for an effect that was there already. */
  readonly alreadyDone?: { readonly text: RegExp; readonly answer: A };
}

export const DEPLOY_LATEST: MutationDocument<DeployAccepted> = {
  name: 'DeployLatest',
  text: `mutation DeployLatest($input: DeployEnvironmentLatestInput!) {
  deployEnvironmentLatest(input: $input)
}`,
  field: 'deployEnvironmentLatest',
  read: accepted.buildIn,
};

export const DEPLOY_BRANCH: MutationDocument<DeployAccepted> = {
  name: 'DeployBranch',
  text: `mutation DeployBranch($input: DeployEnvironmentBranchInput!) {
  deployEnvironmentBranch(input: $input)
}`,
  field: 'deployEnvironmentBranch',
  read: accepted.buildIn,
};

export const DEPLOY_PROMOTE: MutationDocument<DeployAccepted> = {
  name: 'DeployPromote',
  text: `mutation DeployPromote($input: DeployEnvironmentPromoteInput!) {
  deployEnvironmentPromote(input: $input)
}`,
  field: 'deployEnvironmentPromote',
  read: accepted.buildIn,
};

export const CANCEL_DEPLOYMENT: MutationDocument<Accepted> = {
  name: 'CancelDeployment',
  text: `mutation CancelDeployment($input: CancelDeploymentInput!) { cancelDeployment(input: $input) }`,
  field: 'cancelDeployment',
  read: accepted.cancellationIn,
};

export const ADD_TASK: MutationDocument<TaskAccepted> = {
  name: 'AddTask',
  text: `mutation AddTask($input: TaskInput!) { addTask(input: $input) { id name taskName } }`,
  field: 'addTask',
  read: accepted.taskIn,
};

export const INVOKE_REGISTERED_TASK: MutationDocument<TaskAccepted> = {
  name: 'InvokeRegisteredTask',
  text: `mutation InvokeRegisteredTask(
  $definition: Int!, $environment: Int!, $arguments: [AdvancedTaskDefinitionArgumentValueInput]
) {
  invokeRegisteredTask(
    advancedTaskDefinition: $definition, environment: $environment, argumentValues: $arguments
  ) { id name taskName }
}`,
  field: 'invokeRegisteredTask',
  read: accepted.taskIn,
};

export const CANCEL_TASK: MutationDocument<Accepted> = {
  name: 'CancelTask',
  text: `mutation CancelTask($input: CancelTaskInput!) { cancelTask(input: $input) }`,
  field: 'cancelTask',
  read: accepted.taskCancellationIn,
};

export const SET_VARIABLE: MutationDocument<Accepted> = {
  name: 'SetVariable',
  text: `mutation SetVariable($input: EnvVariableByNameInput!) {
  addOrUpdateEnvVariableByName(input: $input) { id name }
}`,
  field: 'addOrUpdateEnvVariableByName',
  read: accepted.variableIn,
};

export const UNIDLE: MutationDocument<Accepted> = {
  name: 'Unidle',
  text: `mutation Unidle($input: EnvironmentIdlingInput!) {
  idleOrUnidleEnvironment(input: $input)
}`,
  field: 'idleOrUnidleEnvironment',
  read: accepted.successIn,
  alreadyDone: {
    text: /^Environment is already (?:unidled|running)/,
    answer: { kind: 'accepted' },
  },
};
