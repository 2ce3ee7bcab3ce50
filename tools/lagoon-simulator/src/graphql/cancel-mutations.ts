import type { Ledger } from '../ledger/ledger';
import type { Build } from '../world/build';
import type { LagoonWorld } from '../world/lagoon-world';
import type { Task } from '../world/task';
import { cancelTask } from '../world/task';
import type { EnvironmentInput } from './located';
import { environmentIn, UnauthorizedError } from './located';

interface DeploymentInput {
  readonly id?: number | null;
  readonly name?: string | null;
  readonly environment?: EnvironmentInput | null;
}

interface TaskInput {
  readonly id?: number | null;
  readonly taskName?: string | null;
  readonly environment?: EnvironmentInput | null;
}

/** `success` only says that the order was passed on: what is over stays as it is. */
export function cancelMutationsOf(world: LagoonWorld, ledger: Ledger) {
  return {
    cancelDeployment: ({ input }: { input: { deployment: DeploymentInput } }) => {
      const build = buildIn(world, input.deployment);
      ledger.recordCancel(build.name);
      const environment = world.places.environments.get(build.environmentId);
      environment?.queue.cancel(build, world.now());
      return 'success';
    },

    cancelTask: ({ input }: { input: { task: TaskInput } }) => {
      const task = taskIn(world, input.task);
      if (task === undefined) return null;
      ledger.recordCancel(task.taskName);
      cancelTask(task, world.now());
      return 'success';
    },
  };
}

function buildIn(world: LagoonWorld, { id, name, environment }: DeploymentInput): Build {
  if (typeof id === 'number') return present(world.builds.byId.get(id));
  if (typeof name !== 'string' || !environment) {
    throw new Error('Must provide deployment (id) or (name and environment)');
  }
  const { builds } = environmentIn(world.places, environment).queue;
  return present(builds.find((build) => build.name === name));
}

function taskIn(world: LagoonWorld, { id, taskName, environment }: TaskInput): Task | undefined {
  if (typeof id === 'number') return world.tasks.byId.get(id);
  const { tasks } = environmentIn(world.places, environment ?? {});
  return tasks.find((task) => task.taskName === taskName);
}

function present<T>(row: T | undefined): T {
  if (row === undefined) throw new UnauthorizedError();
  return row;
}
