import type { Build } from '../world/build';
import { viewOf } from '../world/build';
import type { Environment, Project } from '../world/environment';
import type { LagoonWorld } from '../world/lagoon-world';
import { lagoonTime } from '../world/simulated-clock';
import type { Task } from '../world/task';
import { taskViewOf } from '../world/task';

/** Turns what the world knows into what the schema's types answer. */
export class Rows {
  /** Where the apps answer; known once the server listens. */
  appsUrl = '';

  constructor(private readonly world: LagoonWorld) {}

  project(project: Project): object {
    return {
      id: project.id,
      name: project.name,
      productionEnvironment: first(project.environments.keys()) ?? null,
      autoIdle: 1,
      deploymentsDisabled: project.deploymentsDisabled ? 1 : 0,
      environments: (args: { includeDeleted?: boolean | null }) =>
        [...project.environments.values()]
          .filter(({ deleted }) => !deleted || args.includeDeleted === true)
          .map((environment) => this.environment(environment)),
    };
  }

  environment(environment: Environment): object {
    const route = this.route(environment);
    return {
      id: environment.id,
      name: environment.name,
      deployType: environment.deployType,
      deployBaseRef: environment.name,
      environmentType: environment.environmentType,
      deleted: environment.deleted ? lagoonTime(this.world.clock.now()) : '0000-00-00 00:00:00',
      idleState: environment.idleState,
      route,
      routes: route,
      project: () => this.project(environment.project),
      services: () => environment.services.map((name, index) => ({ id: index + 1, name })),
      deployments: (args: { name?: string | null; limit?: number | null }) =>
        this.deployments(environment, args.name ?? null, args.limit ?? null),
      tasks: (args: { id?: number | null; taskName?: string | null; limit?: number | null }) =>
        newestFirst(environment.tasks, args.limit ?? null, (task) => {
          const wrongId = typeof args.id === 'number' && task.id !== args.id;
          return !wrongId && (args.taskName ?? task.taskName) === task.taskName;
        }).map((task) => this.task(task)),
    };
  }

  build(build: Build): object {
    const { world } = this;
    const view = viewOf(build, world.walk, world.clock.now());
    return {
      id: build.id,
      name: build.name,
      status: view.status,
      created: lagoonTime(build.createdAt),
      started: lagoonTime(view.startedAt),
      completed: lagoonTime(view.completedAt),
      remoteId: build.slotAt === null ? null : `remote-${build.id}`,
      buildLog: null,
      uiLink: null,
      priority: build.priority,
      bulkId: build.bulkId,
      bulkName: build.bulkName,
      buildStep: view.buildStep,
      sourceUser: build.sourceUser,
      sourceType: 'API',
      buildType: build.buildType.toUpperCase(),
      environment: () => this.environmentOf(build.environmentId),
    };
  }

  task(task: Task): object {
    const view = taskViewOf(task, this.world.clock.now());
    return {
      id: task.id,
      name: task.name,
      taskName: task.taskName,
      status: view.status,
      created: lagoonTime(task.createdAt),
      started: lagoonTime(view.startedAt),
      completed: lagoonTime(view.completedAt),
      service: task.service,
      command: task.command,
      remoteId: null,
      logs: null,
      environment: () => this.environmentOf(task.environmentId),
    };
  }

  route(environment: Environment): string {
    const path = [environment.project.name, environment.name].map(encodeURIComponent).join('/');
    return `${this.appsUrl}/${path}`;
  }

  private deployments(environment: Environment, name: string | null, limit: number | null) {
    const { builds } = this.world.settled(environment).queue;
    const wanted = (build: Build) => name === null || build.name === name;
    return newestFirst(builds, limit, wanted).map((build) => this.build(build));
  }

  private environmentOf(id: number): object | null {
    const environment = this.world.environments.get(id);
    return environment === undefined ? null : this.environment(environment);
  }
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

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
