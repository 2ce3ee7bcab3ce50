import type { Build } from './builds';
import { viewOf } from './builds';
import type { Environment, Project } from './environment';
import type { LagoonWorld } from './lagoon-world';
import type { TaskDefinition, Task } from './tasks';
import { taskViewOf } from './tasks';
import type { Variable } from './variables';

/** What Lagoon answers of a row, without the rows that belong to it. */
export class LagoonRows {
  /** Where the app of an environment answers, unless the environment says it. */
  routeTo = (project: string, environment: string) =>
    `https://${environment}.${project}.example.com`;

  constructor(private readonly world: LagoonWorld) {}

  project({ id, name, deploymentsDisabled, restrictions, environments }: Project) {
    return {
      ...{ id, name, restrictions, autoIdle: 1 },
      productionEnvironment: [...environments.keys()][0] ?? null,
      deploymentsDisabled: deploymentsDisabled ? 1 : 0,
    };
  }

  environment(environment: Environment, routes = this.routes(environment)) {
    const { id, name, deployType, environmentType, idleState, autoIdle, deleted } = environment;
    const deployBaseRef = environment.deployBaseRef ?? name;
    return {
      ...{ id, name, deployType, environmentType, idleState, deployBaseRef },
      route: routes[0] ?? null,
      routes: routes.join(','),
      autoIdle: autoIdle ? 1 : 0,
      created: lagoonTime(environment.createdAt),
      deleted: deleted ? lagoonTime(this.world.now()) : '0000-00-00 00:00:00',
    };
  }

  build(build: Build) {
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
    };
  }

  task(task: Task) {
    const { id, name, taskName, service, command } = task;
    const view = taskViewOf(task, this.world.now());
    return {
      ...{ id, name, taskName, service, command, sourceType: 'API' },
      status: view.status,
      created: lagoonTime(task.createdAt),
      started: lagoonTime(view.startedAt),
      completed: lagoonTime(view.completedAt),
    };
  }

  registeredTask(task: TaskDefinition, environment: Environment) {
    const { id, name, type, command = null, service = 'cli' } = task;
    return {
      ...{ id, name, type, command, service, environment: environment.id, permission: 'DEVELOPER' },
      __typename:
        type === 'IMAGE' ? 'AdvancedTaskDefinitionImage' : 'AdvancedTaskDefinitionCommand',
      advancedTaskDefinitionArguments: (task.arguments ?? []).map((argument, index) => ({
        ...{ id: index + 1, name: argument, type: 'STRING' },
      })),
    };
  }

  variable({ id, name, scope, value }: Variable) {
    return { id, name, scope, value };
  }

  /** An environment that sleeps has no pods. */
  services({ services, stoppedServices, idleState }: Environment) {
    const isAwake = idleState === 'active';
    return services.map((name) => {
      return { name, replicas: isAwake && !stoppedServices.includes(name) ? 1 : 0 };
    });
  }

  routes({ routes, project, name }: Environment): readonly string[] {
    return routes ?? [this.routeTo(project.name, name)];
  }

  /** What one reader is told of its routes. */
  takeRoutes(environment: Environment): readonly string[] {
    const [next, ...later] = environment.nextRoutes;
    environment.nextRoutes = later;
    return next ?? this.routes(environment);
  }
}

/** Lagoon's own way to write a time: UTC, no zone, whole seconds. */
export function lagoonTime(ms: number | null): string | null {
  if (ms === null) return null;
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** The last rows that are wanted, newest first; `limit` null: all of them. */
export function newestFirst<T>(
  rows: readonly T[],
  limit: number | null,
  wanted: (row: T) => boolean = () => true,
): T[] {
  const found: T[] = [];
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index];
    if (row !== undefined && wanted(row)) found.push(row);
    if (limit !== null && found.length >= limit) break;
  }
  return found;
}
