import type {
  Build,
  DeployBranchInput,
  DeployLatestInput,
  DeploymentByNameInput,
  DeploymentInput,
  Environment,
  Given,
  IdlingInput,
  Invocation,
  LagoonRows,
  LagoonWorld,
  Project,
  PromoteInput,
  Task,
  TaskInput,
  TaskKey,
  Variable,
  VariableInput,
} from '@uplift/lagoon/testing';
import { LagoonApi, lagoonTime, newestFirst } from '@uplift/lagoon/testing';

interface Input<T> {
  readonly input: T;
}

interface ByName {
  readonly name: string;
  readonly project: number;
  readonly includeDeleted?: Given<boolean>;
}

/** The root fields of the schema: Lagoon's operations, with the rows that they answer. */
export function rootOf(world: LagoonWorld, rows: LagoonRows): object {
  const api = new LagoonApi(world);
  const nested = new NestedRows(world, rows);
  return { ...queriesOf(api, world, nested), ...mutationsOf(api, nested) };
}

function queriesOf(api: LagoonApi, world: LagoonWorld, rows: NestedRows) {
  return {
    me: () => ({ id: 'uplift', email: 'uplift@example.com' }),
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
    deploymentsByBulkId: ({ bulkId }: { bulkId?: Given<string> }) =>
      api.deploymentsByBulkId(bulkId ?? '').map((build) => rows.build(build)),
    deploymentByName: ({ input }: { input?: Given<DeploymentByNameInput> }) =>
      rows.build(api.deploymentByName(input ?? {})),
    taskById: ({ id }: { id?: Given<number> }) => rows.task(api.taskById(id ?? 0)),
    taskByTaskName: ({ taskName }: { taskName?: Given<string> }) => {
      const task = world.tasks.byTaskName.get(taskName ?? '');
      return task && rows.task(task);
    },
  };
}

function mutationsOf(api: LagoonApi, rows: NestedRows) {
  return {
    deployEnvironmentLatest: ({ input }: Input<DeployLatestInput>) =>
      api.deployEnvironmentLatest(input),
    deployEnvironmentBranch: ({ input }: Input<DeployBranchInput>) =>
      api.deployEnvironmentBranch(input),
    deployEnvironmentPromote: ({ input }: Input<PromoteInput>) =>
      api.deployEnvironmentPromote(input),
    cancelDeployment: ({ input }: Input<{ deployment: DeploymentInput }>) =>
      api.cancelDeployment(input.deployment),
    cancelTask: ({ input }: Input<{ task: TaskKey }>) => api.cancelTask(input.task),
    addTask: ({ input }: Input<TaskInput>) => rows.task(api.addTask(input)),
    invokeRegisteredTask: (call: Invocation) => rows.task(api.invokeRegisteredTask(call)),
    addOrUpdateEnvVariableByName: ({ input }: Input<VariableInput>) =>
      rows.variable(api.addOrUpdateEnvVariableByName(input)),
    idleOrUnidleEnvironment: ({ input }: Input<IdlingInput>) => api.idleOrUnidleEnvironment(input),
  };
}

interface EnvironmentsArguments {
  readonly type?: Given<string>;
  readonly includeDeleted?: Given<boolean>;
}

interface DeploymentsArguments {
  readonly name?: Given<string>;
  readonly limit?: Given<number>;
}

interface TasksArguments {
  readonly id?: Given<number>;
  readonly taskName?: Given<string>;
  readonly limit?: Given<number>;
}

/** Rows with the fields that lead to other rows. */
class NestedRows {
  constructor(
    private readonly world: LagoonWorld,
    private readonly rows: LagoonRows,
  ) {}

  project(project: Project): object {
    return {
      ...this.rows.project(project),
      environments: (wanted: EnvironmentsArguments) =>
        [...project.twins, ...project.environments.values()]
          .filter((environment) => isWanted(environment, wanted))
          .map((environment) => this.environment(environment)),
      envVariables: () => [...project.variables.values()].map(this.variable),
    };
  }

  environment(environment: Environment): object {
    const { project, queue, tasks, variables, services } = environment;
    return {
      ...this.rows.environment(environment),
      project: () => this.project(project),
      services: () =>
        services.map((name, index) => ({ id: index + 1, name, type: name, replicas: 1 })),
      envVariables: () => [...variables.values()].map(this.variable),
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

  build(build: Build): object {
    return { ...this.rows.build(build), environment: () => this.environmentOf(build) };
  }

  task(task: Task): object {
    return { ...this.rows.task(task), environment: () => this.environmentOf(task) };
  }

  registeredTasks(environment: Environment): object[] {
    return environment.registeredTasks.map((task) => this.rows.registeredTask(task, environment));
  }

  readonly variable = (variable: Variable): object => this.rows.variable(variable);

  private environmentOf({ environmentId }: Build | Task): object | null {
    const environment = this.world.projects.environments.get(environmentId);
    return environment === undefined ? null : this.environment(environment);
  }
}

function isWanted(environment: Environment, wanted: EnvironmentsArguments): boolean {
  if (environment.deleted && wanted.includeDeleted !== true) return false;
  const type = wanted.type?.toLowerCase();
  return (type ?? environment.environmentType) === environment.environmentType;
}

function isWantedTask(task: Task, { id, taskName }: TasksArguments): boolean {
  return (id ?? task.id) === task.id && (taskName ?? task.taskName) === task.taskName;
}

/** The variables that no complete build has brought to the app yet. */
function pendingChangesOf({ project, variables, queue }: Environment): object[] {
  const complete = queue.builds.filter(({ end }) => end?.status === 'complete');
  const builtAt = Math.max(0, ...complete.map(({ createdAt }) => createdAt));
  return [...project.variables.values(), ...variables.values()]
    .filter(({ updatedAt }) => updatedAt > builtAt)
    .map(({ name, updatedAt }) => ({
      ...{ type: 'VARIABLE', details: name, date: lagoonTime(updatedAt) },
    }));
}
