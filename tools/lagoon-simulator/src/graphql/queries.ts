import type { Environment } from '../world/environment';
import type { LagoonWorld } from '../world/lagoon-world';
import { environmentIn, UnauthorizedError } from './refusals';
import type { PlaceRows } from './rows';

interface ByName {
  readonly name: string;
  readonly project: number;
  readonly includeDeleted?: boolean | null;
}

interface DeploymentByName {
  readonly project?: string | null;
  readonly environment?: string | null;
  readonly name?: string | null;
}

/** The root query fields, with Lagoon's answers for what is missing. */
export function queriesOf(world: LagoonWorld, rows: PlaceRows) {
  return { ...placesOf(world, rows), ...workOf(world, rows) };
}

function placesOf({ places }: LagoonWorld, rows: PlaceRows) {
  const row = (environment: Environment | undefined) =>
    environment === undefined ? null : rows.environment(environment);

  return {
    me: () => ({ id: 'uplift', email: 'uplift@example.com' }),

    lagoonVersion: () => 'v2.33.0-simulated',

    projectByName: ({ name }: { name: string }) => {
      const project = places.projects.get(name);
      return project === undefined ? null : rows.project(project);
    },

    // Lagoon looks among deleted environments too unless told not to, and answers the first it finds.
    environmentByName: ({ name, project: id, includeDeleted }: ByName) => {
      const project = places.projectsById.get(id);
      const named = project?.environments.get(name);
      if (includeDeleted === false) return named?.deleted === true ? null : row(named);
      return row(project?.twins.find((twin) => twin.name === name) ?? named);
    },

    environmentById: ({ id }: { id: number }) => rows.environment(environmentIn(places, { id })),

    advancedTasksForEnvironment: ({ environment: id }: { environment: number }) =>
      rows.registeredTasks(environmentIn(places, { id })),
  };
}

function workOf({ places, builds, tasks }: LagoonWorld, { work }: PlaceRows) {
  return {
    deploymentsByBulkId: ({ bulkId }: { bulkId?: string | null }) =>
      builds.ofBulk(bulkId ?? '').map((build) => work.build(build)),

    deploymentByName: ({ input }: { input?: DeploymentByName | null }) => {
      const environment = places.find(input?.project ?? '', input?.environment ?? '');
      if (environment === undefined) throw new UnauthorizedError();
      const build = environment.queue.builds.find(({ name }) => name === input?.name);
      if (build === undefined) throw new Error('No deployment found');
      return work.build(build);
    },

    taskById: ({ id }: { id?: number | null }) => {
      const task = tasks.byId.get(id ?? 0);
      if (task === undefined) throw new UnauthorizedError();
      return work.task(task);
    },

    taskByTaskName: ({ taskName }: { taskName?: string | null }) => {
      const task = tasks.byTaskName.get(taskName ?? '');
      return task === undefined ? null : work.task(task);
    },
  };
}
