import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | null;
}

export interface GraphqlEnvelope {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphqlError[];
}

export interface DeploymentRow {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly buildStep?: string | null;
  readonly created?: string | null;
  readonly started?: string | null;
  readonly completed?: string | null;
  readonly bulkId?: string | null;
  readonly bulkName?: string | null;
}

export interface TaskRow {
  readonly id: number;
  readonly name: string;
  readonly taskName?: string | null;
  readonly status: string;
  readonly service?: string | null;
  readonly created?: string | null;
  readonly started?: string | null;
  readonly completed?: string | null;
}

export interface EnvironmentRow {
  readonly id: number;
  readonly name: string;
  readonly environmentType: string;
  readonly deployType: string;
  readonly idleState?: string | null;
  readonly route?: string | null;
  readonly routes?: string | null;
  /** The newest only. */
  readonly deployments: readonly Pick<DeploymentRow, 'name' | 'status'>[];
}

export interface ProjectRow {
  readonly id: number;
  readonly deploymentsDisabled?: number | null;
  readonly environments: readonly EnvironmentRow[];
}

const ajv = new Ajv({
  allErrors: false,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
});

const id = { type: 'integer', minimum: 1 };
const text = (maxLength: number) => ({ type: 'string', maxLength });
const optional = (maxLength: number) => ({ type: ['string', 'null'], maxLength });
const times = { created: optional(64), started: optional(64), completed: optional(64) };

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
    idleState: optional(64),
    ...urls,
    deployments: { type: 'array', items: newestBuild, maxItems: 10_000 },
  },
};

const listOf = (items: object, maxItems: number) => ({ type: 'array', items, maxItems });
const answerWith = (name: string, value: object) => ({
  type: 'object',
  required: [name],
  properties: { [name]: value },
});

export const isEnvelope: ValidateFunction<GraphqlEnvelope> = ajv.compile({
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

export const isProject: ValidateFunction<ProjectRow> = ajv.compile({
  type: 'object',
  required: ['id', 'environments'],
  properties: {
    id,
    deploymentsDisabled: { type: ['integer', 'null'] },
    environments: listOf(environment, 10_000),
  },
});

export const isDeploymentList: ValidateFunction<readonly DeploymentRow[]> = ajv.compile(
  listOf(deployment, 10_000),
);

export const isEnvironmentWithDeployments = ajv.compile<{
  readonly deployments: readonly DeploymentRow[];
}>(answerWith('deployments', listOf(deployment, 10_000)));

export const isEnvironmentWithTasks = ajv.compile<{ readonly tasks: readonly TaskRow[] }>(
  answerWith('tasks', listOf(task, 10_000)),
);

export const isEnvironmentWithRoutes: ValidateFunction<Pick<EnvironmentRow, 'route' | 'routes'>> =
  ajv.compile({ type: 'object', properties: urls });

export const isTask: ValidateFunction<TaskRow> = ajv.compile(task);

export const isAddedTask: ValidateFunction<Pick<TaskRow, 'id' | 'taskName'>> = ajv.compile({
  type: 'object',
  required: ['id'],
  properties: { id, taskName: optional(200) },
});

export const isVersion: ValidateFunction<string> = ajv.compile(text(200));
