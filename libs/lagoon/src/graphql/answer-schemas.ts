import { Ajv } from 'ajv';

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
  readonly command?: string | null;
  readonly created?: string | null;
  readonly started?: string | null;
  readonly completed?: string | null;
}

export interface EnvironmentRow {
  readonly id: number;
  readonly name: string;
  readonly environmentType: string;
  readonly deployType: string;
  readonly deployBaseRef?: string | null;
  readonly autoIdle?: number | null;
  readonly idleState?: string | null;
  readonly route?: string | null;
  readonly routes?: string | null;
  /** The newest only. */
  readonly deployments: readonly Pick<DeploymentRow, 'name' | 'status'>[];
}

export interface ProjectRow {
  readonly id: number;
  readonly deploymentsDisabled?: number | null;
  readonly restrictions?: readonly (string | null)[] | null;
  readonly autoIdle?: number | null;
  readonly environments: readonly EnvironmentRow[];
}

export interface EnvironmentWithDeployments {
  readonly deployments: readonly DeploymentRow[];
}

export interface EnvironmentWithTasks {
  readonly tasks: readonly TaskRow[];
}

export interface RegisteredTaskRow {
  readonly id: number;
  readonly name: string;
  /** Only of a command task. */
  readonly advancedTaskDefinitionArguments?: readonly { readonly name?: string | null }[] | null;
}

export interface ServiceRow {
  readonly name: string;
  readonly replicas?: number | null;
}

export interface EnvironmentWithServices {
  readonly services?: readonly ServiceRow[] | null;
}

export interface VariableRow {
  readonly name: string;
  readonly value: string;
  readonly scope: string;
}

export interface EnvironmentWithVariables {
  readonly envVariables: readonly VariableRow[];
}

export interface NamesRow {
  readonly name: string;
  readonly project: { readonly name: string };
}

const ajv = new Ajv({
  allErrors: false,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
});

/** Compiled at its first use: compiling takes longer than all else that a process does when it starts. */
function shape<T>(schema: object): (value: unknown) => value is T {
  let fits: ((value: unknown) => value is T) | undefined;
  return (value): value is T => (fits ??= ajv.compile<T>(schema))(value);
}

const id = { type: 'integer', minimum: 1 };
const text = (maxLength: number) => ({ type: 'string', maxLength });
const optional = (maxLength: number) => ({ type: ['string', 'null'], maxLength });
const flag = { type: ['integer', 'null'] };
const times = { created: optional(64), started: optional(64), completed: optional(64) };

const listOf = (items: object) => ({ type: 'array', items, maxItems: 10_000 });
/** A row with the fields that must be there, and those that may be. */
const row = (required: object, others: object = {}) => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...others },
});

const deployment = row(
  { id, name: text(200), status: text(64) },
  { buildStep: optional(500), ...times, bulkId: optional(200), bulkName: optional(200) },
);

const task = row(
  { id, name: text(200), status: text(64) },
  { taskName: optional(200), service: optional(200), command: optional(64 * 1024), ...times },
);

const environment = row(
  {
    id,
    name: text(200),
    environmentType: text(64),
    deployType: text(64),
    deployments: listOf(row({ name: text(200), status: text(64) })),
  },
  {
    deployBaseRef: optional(300),
    autoIdle: flag,
    idleState: optional(64),
    route: optional(2048),
    routes: optional(64 * 1024),
  },
);

const variable = row({ name: text(300), value: text(1024 * 1024), scope: text(64) });

const taskArguments = {
  type: ['array', 'null'],
  items: row({}, { name: optional(300) }),
  maxItems: 1000,
};
const registeredTask = row(
  { id, name: text(300) },
  { advancedTaskDefinitionArguments: taskArguments },
);

export const isEnvelope = shape<GraphqlEnvelope>({
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

export const isProject = shape<ProjectRow>(
  row(
    { id, environments: listOf(environment) },
    {
      deploymentsDisabled: flag,
      restrictions: { type: ['array', 'null'], items: optional(64), maxItems: 100 },
      autoIdle: flag,
    },
  ),
);

export const isDeploymentList = shape<readonly DeploymentRow[]>(listOf(deployment));

export const isEnvironmentWithDeployments = shape<EnvironmentWithDeployments>(
  row({ deployments: listOf(deployment) }),
);

export const isEnvironmentWithTasks = shape<EnvironmentWithTasks>(row({ tasks: listOf(task) }));

export const isEnvironmentWithServices = shape<EnvironmentWithServices>(
  row(
    {},
    {
      services: {
        type: ['array', 'null'],
        items: row({ name: text(200) }, { replicas: flag }),
        maxItems: 1000,
      },
    },
  ),
);

export const isEnvironmentWithVariables = shape<EnvironmentWithVariables>(
  row({ envVariables: listOf(variable) }),
);

export const isWithNames = shape<NamesRow>(
  row({ name: text(200), project: row({ name: text(200) }) }),
);

export const isTask = shape<TaskRow>(task);

export const isRegisteredTaskList = shape<readonly RegisteredTaskRow[]>(listOf(registeredTask));

export const isAddedTask = shape<Pick<TaskRow, 'id' | 'taskName'>>(
  row({ id }, { taskName: optional(200) }),
);

export const isStoredVariable = shape<Pick<VariableRow, 'name'>>(row({ id, name: text(300) }));

export const isVersion = shape<string>(text(200));
