import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import type * as rows from './answer-rows';

const ajv = new Ajv({
  allErrors: false,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
});

const id = { type: 'integer', minimum: 1 };
const text = (maxLength: number) => ({ type: 'string', maxLength });
const optional = (maxLength: number) => ({ type: ['string', 'null'], maxLength });
const flag = { type: ['integer', 'null'] };
const times = { created: optional(64), started: optional(64), completed: optional(64) };

const listOf = (items: object) => ({ type: 'array', items, maxItems: 10_000 });
const answerWith = (name: string, value: object) => ({
  type: 'object',
  required: [name],
  properties: { [name]: value },
});

const deployment = {
  type: 'object',
  required: ['id', 'name', 'status'],
  properties: {
    id,
    name: text(200),
    status: text(64),
    buildStep: optional(500),
    ...times,
    bulkId: optional(200),
    bulkName: optional(200),
  },
};

const task = {
  type: 'object',
  required: ['id', 'name', 'status'],
  properties: {
    id,
    name: text(200),
    taskName: optional(200),
    status: text(64),
    service: optional(200),
    command: optional(64 * 1024),
    ...times,
  },
};

const urls = { route: optional(2048), routes: optional(64 * 1024) };

const newestBuild = {
  type: 'object',
  required: ['name', 'status'],
  properties: { name: text(200), status: text(64) },
};

const environment = {
  type: 'object',
  required: ['id', 'name', 'environmentType', 'deployType', 'deployments'],
  properties: {
    id,
    name: text(200),
    environmentType: text(64),
    deployType: text(64),
    autoIdle: flag,
    idleState: optional(64),
    ...urls,
    deployments: listOf(newestBuild),
  },
};

const variable = {
  type: 'object',
  required: ['name', 'value', 'scope'],
  properties: { name: text(300), value: text(1024 * 1024), scope: text(64) },
};

const argument = { type: 'object', properties: { name: optional(300) } };

const registeredTask = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id,
    name: text(300),
    advancedTaskDefinitionArguments: { type: ['array', 'null'], items: argument, maxItems: 1000 },
  },
};

export const isEnvelope: ValidateFunction<rows.GraphqlEnvelope> = ajv.compile({
  type: 'object',
  anyOf: [{ required: ['data'] }, { required: ['errors'] }],
  properties: {
    data: { type: ['object', 'null'] },
    errors: {
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['message'],
        properties: {
          message: { type: 'string' },
          path: { type: ['array', 'null'], items: { type: ['string', 'integer'] } },
        },
      },
    },
  },
});

export const isProject: ValidateFunction<rows.ProjectRow> = ajv.compile({
  type: 'object',
  required: ['id', 'environments'],
  properties: {
    id,
    deploymentsDisabled: flag,
    restrictions: { type: ['array', 'null'], items: optional(64), maxItems: 100 },
    autoIdle: flag,
    environments: listOf(environment),
  },
});

export const isDeploymentList = ajv.compile<readonly rows.DeploymentRow[]>(listOf(deployment));

export const isEnvironmentWithDeployments = ajv.compile<rows.EnvironmentWithDeployments>(
  answerWith('deployments', listOf(deployment)),
);

export const isEnvironmentWithTasks = ajv.compile<rows.EnvironmentWithTasks>(
  answerWith('tasks', listOf(task)),
);

export const isEnvironmentWithVariables = ajv.compile<rows.EnvironmentWithVariables>(
  answerWith('envVariables', listOf(variable)),
);

export const isEnvironmentWithRoutes: ValidateFunction<rows.RoutesRow> = ajv.compile({
  type: 'object',
  properties: urls,
});

export const isIdleState: ValidateFunction<rows.IdleStateRow> = ajv.compile({
  type: 'object',
  required: ['name', 'project'],
  properties: { name: text(200), idleState: optional(64), project: answerWith('name', text(200)) },
});

export const isTask: ValidateFunction<rows.TaskRow> = ajv.compile(task);

export const isRegisteredTaskList = ajv.compile<readonly rows.RegisteredTaskRow[]>(
  listOf(registeredTask),
);

export const isAddedTask: ValidateFunction<Pick<rows.TaskRow, 'id' | 'taskName'>> = ajv.compile({
  type: 'object',
  required: ['id'],
  properties: { id, taskName: optional(200) },
});

export const isStoredVariable = ajv.compile<Pick<rows.VariableRow, 'name'>>(
  answerWith('name', text(300)),
);

export const isVersion: ValidateFunction<string> = ajv.compile(text(200));
