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

export interface VariableRow {
  readonly name: string;
  readonly value: string;
  readonly scope: string;
}

export interface EnvironmentWithVariables {
  readonly envVariables: readonly VariableRow[];
}

export interface IdleStateRow {
  readonly name: string;
  readonly idleState?: string | null;
  readonly project: { readonly name: string };
}

export type RoutesRow = Pick<EnvironmentRow, 'route' | 'routes'>;
