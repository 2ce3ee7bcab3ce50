import type { Accepted, DeployAccepted, Refused, TaskAccepted } from '../lagoon.outcomes';
import { finalRefusal } from '../lagoon.outcomes';
import { isAddedTask, isStoredVariable } from './answer-schemas';
import type { AnswerRules } from './mutation-answer';

/** A mutation, where its answer stands, and how to read it. */
export interface MutationDocument<A> extends AnswerRules<A> {
  readonly name: string;
  readonly text: string;
}

export const DEPLOY_LATEST = deployment('DeployLatest', 'deployEnvironmentLatest');
export const DEPLOY_BRANCH = deployment('DeployBranch', 'deployEnvironmentBranch');
export const DEPLOY_PROMOTE = deployment('DeployPromote', 'deployEnvironmentPromote');

export const CANCEL_DEPLOYMENT: MutationDocument<Accepted> = {
  name: 'CancelDeployment',
  text: `mutation CancelDeployment($input: CancelDeploymentInput!) { cancelDeployment(input: $input) }`,
  field: 'cancelDeployment',
  read: cancellationIn,
};

export const ADD_TASK: MutationDocument<TaskAccepted> = {
  name: 'AddTask',
  text: `mutation AddTask($input: TaskInput!) { addTask(input: $input) { id name taskName } }`,
  field: 'addTask',
  read: taskIn,
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
  read: taskIn,
};

export const CANCEL_TASK: MutationDocument<Accepted> = {
  name: 'CancelTask',
  text: `mutation CancelTask($input: CancelTaskInput!) { cancelTask(input: $input) }`,
  field: 'cancelTask',
  read: taskCancellationIn,
};

export const SET_VARIABLE: MutationDocument<Accepted> = {
  name: 'SetVariable',
  text: `mutation SetVariable($input: EnvVariableByNameInput!) {
  addOrUpdateEnvVariableByName(input: $input) { id name }
}`,
  field: 'addOrUpdateEnvVariableByName',
  read: variableIn,
};

export const UNIDLE: MutationDocument<Accepted> = {
  name: 'Unidle',
  text: `mutation Unidle($input: IdleEnvironmentInput!) {
  idleOrUnidleEnvironment(input: $input)
}`,
  field: 'idleOrUnidleEnvironment',
  read: successIn,
  alreadyDone: {
    text: /^Environment is already (?:unidled|running)/,
    answer: { kind: 'accepted' },
  },
};

/** What is deployed, and how, stands in the input; the answer names the build. */
function deployment(name: string, field: string): MutationDocument<DeployAccepted> {
  const type = `D${field.slice(1)}Input`;
  const text = `mutation ${name}($input: ${type}!) { ${field}(input: $input) }`;
  return { name, text, field, read: buildIn };
}

const ACCEPTED: Accepted = { kind: 'accepted' };
const NO_SUCH_TASK = finalRefusal('not-found', 'there is no such task');
const BUILD_NAME = /^lagoon-(build|variables)-[0-9a-z]*$/;

function buildIn(value: unknown): DeployAccepted | null {
  const named = typeof value === 'string' && value.length <= 100 && BUILD_NAME.test(value);
  return named ? { kind: 'accepted', buildName: value } : null;
}

function taskIn(value: unknown): TaskAccepted | null {
  if (!isAddedTask(value)) return null;
  return { kind: 'accepted', taskId: value.id, taskName: value.taskName ?? null };
}

function successIn(value: unknown): Accepted | null {
  return value === 'success' ? ACCEPTED : null;
}

/** A cancellation of a task that is not there is answered with nothing. */
function taskCancellationIn(value: unknown): Accepted | Refused | null {
  return value === null ? NO_SUCH_TASK : cancellationIn(value);
}

/** What went wrong with a cancellation is a value for Lagoon, not an error. */
function cancellationIn(value: unknown): Accepted | Refused | null {
  if (typeof value !== 'string' || !value.startsWith('Error: ')) return successIn(value);
  return finalRefusal('not-cancellable', `Lagoon answered "Error: …" (${value.length} characters)`);
}

function variableIn(value: unknown): Accepted | null {
  return isStoredVariable(value) ? ACCEPTED : null;
}
