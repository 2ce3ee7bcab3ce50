import type { Build } from '../world/build';
import { viewOf } from '../world/build-view';
import type { LagoonWorld } from '../world/lagoon-world';
import { lagoonTime } from '../world/simulated-clock';
import type { Task } from '../world/task';
import { taskViewOf } from '../world/task';

/** Builds and tasks as the schema's types answer them. */
export class WorkRows {
  constructor(
    private readonly world: LagoonWorld,
    private readonly environment: (id: number) => object | null,
  ) {}

  build(build: Build): object {
    const { id, name, priority, bulkId, bulkName, sourceUser, buildType, traits } = build;
    const view = viewOf(build, this.world.surroundings.walk, this.world.now());
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
