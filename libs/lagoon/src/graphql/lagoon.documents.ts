import type * as rows from './answer-rows';
import * as answers from './lagoon.answers';

/** A query, where its answer stands, and what the answer has to look like. */
export interface ReadDocument<T> {
  readonly name: string;
  readonly text: string;
  readonly field: string;
  readonly fits: (value: unknown) => value is T;
}

export const DEPLOYMENT = 'id name status buildStep created started completed bulkId bulkName';
const TASK = 'id name taskName status service command created started completed';

/** Deleted environments keep their rows and would answer as twins: never asked for. */
export const PROJECT = `id deploymentsDisabled restrictions autoIdle environments(includeDeleted: false) {
    id name environmentType deployType autoIdle idleState route routes
    deployments(limit: 1) { name status }
  }`;

export const FIND_ENVIRONMENT: ReadDocument<rows.ProjectRow> = {
  name: 'FindEnvironment',
  text: `query FindEnvironment($project: String!) { projectByName(name: $project) { ${PROJECT} } }`,
  field: 'projectByName',
  fits: answers.isProject,
};

export const DEPLOYMENTS_OF: ReadDocument<rows.EnvironmentWithDeployments> = {
  name: 'DeploymentsOf',
  text: `query DeploymentsOf($environment: Int!, $name: String, $limit: Int) {
  environmentById(id: $environment) { id deployments(name: $name, limit: $limit) { ${DEPLOYMENT} } }
}`,
  field: 'environmentById',
  fits: answers.isEnvironmentWithDeployments,
};

export const DEPLOYMENTS_BY_BULK_ID: ReadDocument<readonly rows.DeploymentRow[]> = {
  name: 'DeploymentsByBulkId',
  text: `query DeploymentsByBulkId($bulkId: String) {
  deploymentsByBulkId(bulkId: $bulkId) { ${DEPLOYMENT} }
}`,
  field: 'deploymentsByBulkId',
  fits: answers.isDeploymentList,
};

export const TASKS_OF: ReadDocument<rows.EnvironmentWithTasks> = {
  name: 'TasksOf',
  text: `query TasksOf($environment: Int!, $limit: Int) {
  environmentById(id: $environment) { id tasks(limit: $limit) { ${TASK} } }
}`,
  field: 'environmentById',
  fits: answers.isEnvironmentWithTasks,
};

export const TASK_BY_ID: ReadDocument<rows.TaskRow> = {
  name: 'TaskById',
  text: `query TaskById($id: Int) { taskById(id: $id) { ${TASK} } }`,
  field: 'taskById',
  fits: answers.isTask,
};

const ARGUMENTS = 'advancedTaskDefinitionArguments { name }';

/** Only of a command task the values of the arguments can be read again. */
export const REGISTERED_TASKS_OF: ReadDocument<readonly rows.RegisteredTaskRow[]> = {
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

export const VARIABLES_OF: ReadDocument<rows.EnvironmentWithVariables> = {
  name: 'VariablesOf',
  text: `query VariablesOf($environment: Int!) {
  environmentById(id: $environment) { id envVariables { name value scope } }
}`,
  field: 'environmentById',
  fits: answers.isEnvironmentWithVariables,
};

/** Idling is asked for by names, so they are read with its state. */
export const IDLE_STATE_OF: ReadDocument<rows.IdleStateRow> = {
  name: 'IdleStateOf',
  text: `query IdleStateOf($environment: Int!) {
  environmentById(id: $environment) { id name idleState project { name } }
}`,
  field: 'environmentById',
  fits: answers.isIdleState,
};

export const ROUTES_OF: ReadDocument<rows.RoutesRow> = {
  name: 'RoutesOf',
  text: `query RoutesOf($environment: Int!) { environmentById(id: $environment) { id route routes } }`,
  field: 'environmentById',
  fits: answers.isEnvironmentWithRoutes,
};

export const PING: ReadDocument<string> = {
  name: 'Ping',
  text: 'query Ping { lagoonVersion }',
  field: 'lagoonVersion',
  fits: answers.isVersion,
};
