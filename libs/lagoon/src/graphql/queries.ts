import type { DeploymentLookup } from '../lagoon.requests';
import { DEFAULT_LOOKUP_ROWS, ENVIRONMENTS_PER_REQUEST } from '../lagoon.requests';
import type { EnvironmentTarget } from '../lagoon.types';
import * as answers from './answer-schemas';

/** A query, where its answer stands, and what the answer has to look like. */
export interface ReadDocument<T> {
  readonly name: string;
  readonly text: string;
  readonly field: string;
  readonly fits: (value: unknown) => value is T;
}

const DEPLOYMENT = 'id name status buildStep created started completed bulkId bulkName';
const TASK = 'id name taskName status service command created started completed';

/** Deleted environments keep their rows and would answer as twins: never asked for. */
const PROJECT = `id deploymentsDisabled restrictions autoIdle environments(includeDeleted: false) {
    id name environmentType deployType deployBaseRef autoIdle idleState route routes
    deployments(limit: 1) { name status }
  }`;

export const FIND_ENVIRONMENT: ReadDocument<answers.ProjectRow> = {
  name: 'FindEnvironment',
  text: `query FindEnvironment($project: String!) { projectByName(name: $project) { ${PROJECT} } }`,
  field: 'projectByName',
  fits: answers.isProject,
};

export const DEPLOYMENTS_OF: ReadDocument<answers.EnvironmentWithDeployments> = {
  ...ofEnvironment('DeploymentsOf', {
    parameters: ', $name: String, $limit: Int',
    fields: `deployments(name: $name, limit: $limit) { ${DEPLOYMENT} }`,
  }),
  fits: answers.isEnvironmentWithDeployments,
};

export const DEPLOYMENTS_BY_BULK_ID: ReadDocument<readonly answers.DeploymentRow[]> = {
  name: 'DeploymentsByBulkId',
  text: `query DeploymentsByBulkId($bulkId: String) {
  deploymentsByBulkId(bulkId: $bulkId) { ${DEPLOYMENT} }
}`,
  field: 'deploymentsByBulkId',
  fits: answers.isDeploymentList,
};

export const TASKS_OF: ReadDocument<answers.EnvironmentWithTasks> = {
  ...ofEnvironment('TasksOf', {
    parameters: ', $limit: Int',
    fields: `tasks(limit: $limit) { ${TASK} }`,
  }),
  fits: answers.isEnvironmentWithTasks,
};

export const TASK_BY_ID: ReadDocument<answers.TaskRow> = {
  name: 'TaskById',
  text: `query TaskById($id: Int) { taskById(id: $id) { ${TASK} } }`,
  field: 'taskById',
  fits: answers.isTask,
};

const ARGUMENTS = 'advancedTaskDefinitionArguments { name }';

/** Only of a command task the values of the arguments can be read again. */
export const REGISTERED_TASKS_OF: ReadDocument<readonly answers.RegisteredTaskRow[]> = {
  name: 'RegisteredTasksOf',
  text: `query RegisteredTasksOf($environment: Int!) {
  advancedTasksForEnvironment(environment: $environment) {
    ... on AdvancedTaskDefinitionCommand { id name ${ARGUMENTS} }
    ... on AdvancedTaskDefinitionImage { id name }
  }
}`,
  field: 'advancedTasksForEnvironment',
  fits: answers.isRegisteredTaskList,
};

export const VARIABLES_OF: ReadDocument<answers.EnvironmentWithVariables> = {
  ...ofEnvironment('VariablesOf', { fields: 'envVariables { name value scope }' }),
  fits: answers.isEnvironmentWithVariables,
};

export const SERVICES_OF: ReadDocument<answers.EnvironmentWithServices> = {
  ...ofEnvironment('ServicesOf', { fields: 'services { name replicas }' }),
  fits: answers.isEnvironmentWithServices,
};

/** Idling is asked for by names. */
export const NAMES_OF: ReadDocument<answers.NamesRow> = {
  ...ofEnvironment('NamesOf', { fields: 'name project { name }' }),
  fits: answers.isWithNames,
};

export const PING: ReadDocument<string> = {
  name: 'Ping',
  text: 'query Ping { lagoonVersion }',
  field: 'lagoonVersion',
  fits: answers.isVersion,
};

interface EnvironmentFields {
  readonly parameters?: string;
  readonly fields: string;
}

function ofEnvironment(name: string, { parameters = '', fields }: EnvironmentFields) {
  const text = `query ${name}($environment: Int!${parameters}) {
  environmentById(id: $environment) { id ${fields} }
}`;
  return { name, text, field: 'environmentById' };
}

/** One question asked many times in one request: slot n under the alias `s<n>`. */
export interface BatchDocument<I, T> {
  /** Most slots of one request: more make one answer slow for everybody waiting on it. */
  readonly size: number;
  /** The document for a number of slots, always the same text, so that a server can cache it. */
  readonly text: (slots: number) => string;
  /** Variables of one item; the slot's number goes behind each name. */
  readonly variablesOf: (item: I) => Readonly<Record<string, unknown>>;
  readonly fits: (value: unknown) => value is T;
}

type Slot = (slot: number) => { readonly variables: string; readonly field: string };

export const DEPLOYMENTS_OF_MANY: BatchDocument<
  DeploymentLookup,
  answers.EnvironmentWithDeployments
> = {
  size: ENVIRONMENTS_PER_REQUEST,
  text: documents('DeploymentsOfMany', (slot) => ({
    variables: `$e${slot}: Int!, $n${slot}: String, $l${slot}: Int`,
    field: `environmentById(id: $e${slot}) {
  deployments(name: $n${slot}, limit: $l${slot}) { ${DEPLOYMENT} }
}`,
  })),
  variablesOf: ({ environmentId, name, limit = DEFAULT_LOOKUP_ROWS }) => {
    return { e: environmentId, n: name, l: limit };
  },
  fits: answers.isEnvironmentWithDeployments,
};

/** Each slot brings the whole list of its project. */
export const FIND_ENVIRONMENTS: BatchDocument<EnvironmentTarget, answers.ProjectRow> = {
  size: ENVIRONMENTS_PER_REQUEST,
  text: documents('FindEnvironments', (slot) => ({
    variables: `$p${slot}: String!`,
    field: `projectByName(name: $p${slot}) { ${PROJECT} }`,
  })),
  variablesOf: ({ project }) => ({ p: project }),
  fits: answers.isProject,
};

function documents(name: string, slotOf: Slot): (slots: number) => string {
  const known = new Map<number, string>();
  return (slots) => {
    const text = known.get(slots) ?? batchDocument(name, slots, slotOf);
    known.set(slots, text);
    return text;
  };
}

function batchDocument(name: string, count: number, slotOf: Slot): string {
  const slots = Array.from({ length: count }, (_, slot) => slotOf(slot));
  const variables = slots.map((slot) => slot.variables).join(', ');
  const fields = slots.map(({ field }, slot) => `s${slot}: ${field}`);
  return `query ${name}(${variables}) {\n${fields.join('\n')}\n}`;
}
