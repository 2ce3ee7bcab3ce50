import type * as lagoon from '@uplift/lagoon/testing';
import { LagoonApi, lagoonTime, newestFirst } from '@uplift/lagoon/testing';

interface Input<T> {
  readonly input: T;
}

interface ByName {
  readonly name: string;
  readonly project: number;
  readonly includeDeleted?: lagoon.Given<boolean>;
}

/** The root fields of the schema: Lagoon's operations, with the rows that they answer. */
export function rootOf(world: lagoon.LagoonWorld, rows: lagoon.LagoonRows): object {
  const api = new LagoonApi(world);
  const nested = new NestedRows(world, rows);
  return { ...queriesOf(api, nested), ...mutationsOf(api, nested) };
}

function queriesOf(api: LagoonApi, rows: NestedRows) {
  return {
    lagoonVersion: () => api.lagoonVersion(),
    projectByName: ({ name }: { name: string }) => {
      const project = api.projectByName(name);
      return project && rows.project(project);
    },
    environmentByName: ({ name, project, includeDeleted }: ByName) => {
      const environment = api.environmentByName(name, project, includeDeleted);
      return environment && rows.environment(environment);
    },
    environmentById: ({ id }: { id: number }) => rows.environment(api.environmentById(id)),
    advancedTasksForEnvironment: ({ environment }: { environment: number }) =>
      rows.registeredTasks(api.environmentById(environment)),
    deploymentsByBulkId: ({ bulkId }: { bulkId?: lagoon.Given<string> }) =>
      api.deploymentsByBulkId(bulkId ?? '').map((build) => rows.build(build)),
    taskById: ({ id }: { id?: lagoon.Given<number> }) => rows.task(api.taskById(id ?? 0)),
  };
}

function mutationsOf(api: LagoonApi, rows: NestedRows) {
  return {
    deployEnvironmentLatest: ({ input }: Input<lagoon.DeployLatestInput>) =>
      api.deployEnvironmentLatest(input),
    deployEnvironmentBranch: ({ input }: Input<lagoon.DeployBranchInput>) =>
      api.deployEnvironmentBranch(input),
    deployEnvironmentPromote: ({ input }: Input<lagoon.PromoteInput>) =>
      api.deployEnvironmentPromote(input),
    cancelDeployment: ({ input }: Input<{ deployment: lagoon.DeploymentInput }>) =>
      api.cancelDeployment(input.deployment),
    cancelTask: ({ input }: Input<{ task: lagoon.TaskKey }>) => api.cancelTask(input.task),
    addTask: ({ input }: Input<lagoon.TaskInput>) => rows.task(api.addTask(input)),
    invokeRegisteredTask: (call: lagoon.Invocation) => rows.task(api.invokeRegisteredTask(call)),
    addOrUpdateEnvVariableByName: ({ input }: Input<lagoon.VariableInput>) =>
      rows.variable(api.addOrUpdateEnvVariableByName(input)),
    idleOrUnidleEnvironment: ({ input }: Input<lagoon.IdlingInput>) =>
      api.idleOrUnidleEnvironment(input),
  };
}

interface EnvironmentsArguments {
  readonly type?: lagoon.Given<string>;
  readonly includeDeleted?: lagoon.Given<boolean>;
}

interface DeploymentsArguments {
  readonly name?: lagoon.Given<string>;
  readonly limit?: lagoon.Given<number>;
}

interface TasksArguments {
  readonly id?: lagoon.Given<number>;
  readonly taskName?: lagoon.Given<string>;
  readonly limit?: lagoon.Given<number>;
}

/** Rows with the fields that lead to other rows. */
class NestedRows {
  constructor(
    private readonly world: lagoon.LagoonWorld,
    private readonly rows: lagoon.LagoonRows,
  ) {}

  project(project: lagoon.Project): object {
    return {
      ...this.rows.project(project),
      environments: (wanted: EnvironmentsArguments) =>
        [...project.twins, ...project.environments.values()]
          .filter((environment) => isWanted(environment, wanted))
          .map((environment) => this.environment(environment)),
      envVariables: () => [...project.variables.values()].map(this.variable),
    };
  }

  environment(environment: lagoon.Environment): object {
    const { project, queue, tasks, variables } = environment;
    let taken: readonly string[] | undefined;
    const routes = () => (taken ??= this.rows.takeRoutes(environment));
    return {
      ...this.rows.environment(environment),
      route: () => routes()[0] ?? null,
      routes: () => routes().join(','),
      project: () => this.project(project),
      envVariables: () => [...variables.values()].map(this.variable),
      services: () => this.rows.services(environment),
      pendingChanges: () => pendingChangesOf(environment),
      advancedTasks: () => this.registeredTasks(environment),
      deployments: ({ name, limit = null }: DeploymentsArguments) =>
        newestFirst(queue.builds, limit, (build) => (name ?? build.name) === build.name).map(
          (build) => this.build(build),
        ),
      tasks: ({ limit = null, ...wanted }: TasksArguments) =>
        newestFirst(tasks, limit, (task) => isWantedTask(task, wanted)).map((task) =>
          this.task(task),
        ),
    };
  }

  build(build: lagoon.Build): object {
    return { ...this.rows.build(build), environment: () => this.environmentOf(build) };
  }

  task(task: lagoon.Task): object {
    return { ...this.rows.task(task), environment: () => this.environmentOf(task) };
  }

  registeredTasks(environment: lagoon.Environment): object[] {
    return environment.registeredTasks.map((task) => this.rows.registeredTask(task, environment));
  }

  readonly variable = (variable: lagoon.Variable): object => this.rows.variable(variable);

  private environmentOf({ environmentId }: lagoon.Build | lagoon.Task): object | null {
    const environment = this.world.projects.environments.get(environmentId);
    return environment === undefined ? null : this.environment(environment);
  }
}

function isWanted(environment: lagoon.Environment, wanted: EnvironmentsArguments): boolean {
  if (environment.deleted && wanted.includeDeleted !== true) return false;
  const type = wanted.type?.toLowerCase();
  return (type ?? environment.environmentType) === environment.environmentType;
}

function isWantedTask(task: lagoon.Task, { id, taskName }: TasksArguments): boolean {
  return (id ?? task.id) === task.id && (taskName ?? task.taskName) === task.taskName;
}

/** The variables that no complete build has brought to the app yet. */
function pendingChangesOf({ project, variables, queue }: lagoon.Environment): object[] {
  const complete = queue.builds.filter(({ end }) => end?.status === 'complete');
  const builtAt = Math.max(0, ...complete.map(({ createdAt }) => createdAt));
  return [...project.variables.values(), ...variables.values()]
    .filter(({ updatedAt }) => updatedAt > builtAt)
    .map(({ name, updatedAt }) => ({
      ...{ type: 'VARIABLE', details: name, date: lagoonTime(updatedAt) },
    }));
}
