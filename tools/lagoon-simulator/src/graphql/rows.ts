import type { Build } from '../world/builds';
import { viewOf } from '../world/builds';
import type { LagoonWorld } from '../world/lagoon-world';
import { lagoonTime } from '../world/context';
import type { RegisteredTask, Task } from '../world/tasks';
import { taskViewOf } from '../world/tasks';
import type { Environment, Project } from '../world/environment';
import type { Variable } from '../world/variables';

/** Builds and tasks as the schema's types answer them. */
export class WorkRows {
  constructor(
    private readonly world: LagoonWorld,
    private readonly environment: (id: number) => object | null,
  ) {}

  build(build: Build): object {
    const { id, name, priority, bulkId, bulkName, sourceUser, buildType, traits } = build;
    const view = viewOf(build, this.world.context.walk, this.world.now());
    return {
      ...{ id, name, priority, bulkId, bulkName, sourceUser, buildType },
      status: view.status,
      buildStep: view.buildStep,
      created: lagoonTime(build.createdAt),
      started: lagoonTime(view.startedAt),
      completed: lagoonTime(view.completedAt),
      remoteId: build.slotAt === null ? null : `remote-${id}`,
      buildLog: traits.buildLog,
      sourceType: traits.sourceType,
      environment: () => this.environment(build.environmentId),
    };
  }

  task(task: Task): object {
    const { id, name, taskName, service, command } = task;
    const view = taskViewOf(task, this.world.now());
    return {
      ...{ id, name, taskName, service, command },
      status: view.status,
      created: lagoonTime(task.createdAt),
      started: lagoonTime(view.startedAt),
      completed: lagoonTime(view.completedAt),
      sourceType: 'API',
      environment: () => this.environment(task.environmentId),
    };
  }
}

interface EnvironmentsArguments {
  readonly type?: string | null;
  readonly includeDeleted?: boolean | null;
}

interface DeploymentsArguments {
  readonly name?: string | null;
  readonly limit?: number | null;
}

interface TasksArguments {
  readonly id?: number | null;
  readonly taskName?: string | null;
  readonly limit?: number | null;
}

/** Projects and environments as the schema's types answer them. */
export class PlaceRows {
  /** Where the apps answer; known once the server listens. */
  appsUrl = '';
  readonly work: WorkRows;

  constructor(private readonly world: LagoonWorld) {
    this.work = new WorkRows(world, (id) => {
      const environment = world.places.environments.get(id);
      return environment === undefined ? null : this.environment(environment);
    });
  }

  project(project: Project): object {
    const { id, name, restrictions } = project;
    return {
      ...{ id, name, restrictions },
      productionEnvironment: [...project.environments.keys()][0] ?? null,
      autoIdle: 1,
      deploymentsDisabled: project.deploymentsDisabled ? 1 : 0,
      environments: (wanted: EnvironmentsArguments) =>
        [...project.twins, ...project.environments.values()]
          .filter((environment) => isWanted(environment, wanted))
          .map((environment) => this.environment(environment)),
      envVariables: () => this.variables(project.variables.values()),
    };
  }

  environment(environment: Environment): object {
    const { id, name, deployType, environmentType, idleState, autoIdle, deleted } = environment;
    const route = this.route(environment);
    return {
      ...{ id, name, deployType, environmentType, idleState, route, routes: route },
      deployBaseRef: name,
      autoIdle: autoIdle ? 1 : 0,
      created: lagoonTime(environment.createdAt),
      deleted: deleted ? lagoonTime(this.world.now()) : '0000-00-00 00:00:00',
      project: () => this.project(environment.project),
      services: () => servicesOf(environment),
      envVariables: () => this.variables(environment.variables.values()),
      pendingChanges: () => pendingChangesOf(environment),
      advancedTasks: () => this.registeredTasks(environment),
      deployments: (wanted: DeploymentsArguments) => this.deployments(environment, wanted),
      tasks: (wanted: TasksArguments) => this.tasks(environment, wanted),
    };
  }

  registeredTasks(environment: Environment): object[] {
    return environment.registeredTasks.map((task) => registeredTaskRow(task, environment.id));
  }

  variable({ id, name, scope, value }: Variable): object {
    return { id, name, scope, value };
  }

  route(environment: Environment): string {
    const path = [environment.project.name, environment.name].map(encodeURIComponent).join('/');
    return `${this.appsUrl}/${path}`;
  }

  private variables(variables: Iterable<Variable>): object[] {
    return [...variables].map((variable) => this.variable(variable));
  }

  private deployments({ queue }: Environment, { name, limit }: DeploymentsArguments): object[] {
    const wanted = (build: Build) => (name ?? build.name) === build.name;
    return newestFirst(queue.builds, limit ?? null, wanted).map((build) => this.work.build(build));
  }

  private tasks({ tasks }: Environment, { id, taskName, limit }: TasksArguments): object[] {
    const wanted = (task: Task) =>
      (id ?? task.id) === task.id && (taskName ?? task.taskName) === task.taskName;
    return newestFirst(tasks, limit ?? null, wanted).map((task) => this.work.task(task));
  }
}

function isWanted(environment: Environment, wanted: EnvironmentsArguments): boolean {
  if (environment.deleted && wanted.includeDeleted !== true) return false;
  const type = wanted.type?.toLowerCase();
  return (type ?? environment.environmentType) === environment.environmentType;
}

function servicesOf({ services }: Environment): object[] {
  return services.map((name, index) => ({ id: index + 1, name, type: name, replicas: 1 }));
}

/** The variables that no complete build has brought to the app yet. */
function pendingChangesOf({ project, variables, queue }: Environment): object[] {
  const complete = queue.builds.filter(({ end }) => end?.status === 'complete');
  const builtAt = Math.max(0, ...complete.map(({ createdAt }) => createdAt));
  return [...project.variables.values(), ...variables.values()]
    .filter(({ updatedAt }) => updatedAt > builtAt)
    .map(({ name, updatedAt }) => ({
      type: 'VARIABLE',
      details: name,
      date: lagoonTime(updatedAt),
    }));
}

function registeredTaskRow(task: RegisteredTask, environment: number): object {
  const { id, name, type, command = null, service = 'cli' } = task;
  const kind = type === 'IMAGE' ? 'AdvancedTaskDefinitionImage' : 'AdvancedTaskDefinitionCommand';
  const argumentRows = (task.arguments ?? []).map((argument, index) => ({
    id: index + 1,
    name: argument,
    type: 'STRING',
  }));
  return {
    ...{ id, name, type, command, service, environment, permission: 'DEVELOPER' },
    __typename: kind,
    advancedTaskDefinitionArguments: argumentRows,
  };
}

function newestFirst<T>(
  rows: readonly T[],
  limit: number | null,
  wanted: (row: T) => boolean,
): T[] {
  const found: T[] = [];
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index];
    if (row !== undefined && wanted(row)) found.push(row);
    if (limit !== null && found.length >= limit) break;
  }
  return found;
}
