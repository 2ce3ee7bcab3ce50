import type { Environment } from '../world/environment';
import type { LagoonWorld } from '../world/lagoon-world';
import type { Rows } from './rows';

/** The root query fields, with Lagoon's answers for what is missing. */
export function queriesOf(world: LagoonWorld, rows: Rows) {
  return { ...placesOf(world, rows), ...workOf(world, rows) };
}

function placesOf(world: LagoonWorld, rows: Rows) {
  const row = (environment: Environment | undefined) =>
    environment === undefined ? null : rows.environment(environment);

  return {
    me: () => ({ id: 'uplift', email: 'uplift@example.com' }),

    lagoonVersion: () => 'v2.33.0-simulated',

    projectByName: ({ name }: { name: string }) => {
      const project = world.projects.get(name);
      return project === undefined ? null : rows.project(project);
    },

    // Lagoon returns deleted environments unless told not to.
    environmentByName: (args: ByName) => {
      const environment = world.projectsById.get(args.project)?.environments.get(args.name);
      const hidden = environment?.deleted === true && args.includeDeleted === false;
      return hidden ? null : row(environment);
    },

    environmentById: ({ id }: { id: number }) => {
      const environment = world.environments.get(id);
      if (environment === undefined || environment.deleted) throw new Error('Unauthorized');
      return rows.environment(environment);
    },
  };
}

function workOf(world: LagoonWorld, rows: Rows) {
  return {
    deploymentsByBulkId: ({ bulkId }: { bulkId?: string | null }) =>
      world.buildsOfBulk(bulkId ?? '').map((build) => {
        const environment = world.environments.get(build.environmentId);
        if (environment !== undefined) world.settled(environment);
        return rows.build(build);
      }),

    deploymentByName: ({ input }: { input?: DeploymentByName | null }) => {
      const environment = world.find(input?.project ?? '', input?.environment ?? '');
      if (environment === undefined) throw new Error('Unauthorized');
      const { builds } = world.settled(environment).queue;
      const build = builds.find(({ name }) => name === input?.name);
      if (build === undefined) throw new Error('No deployment found');
      return rows.build(build);
    },

    taskById: ({ id }: { id?: number | null }) => {
      const task = world.tasks.get(id ?? 0);
      if (task === undefined) throw new Error('Unauthorized');
      return rows.task(task);
    },

    taskByTaskName: ({ taskName }: { taskName?: string | null }) => {
      const task = [...world.tasks.values()].find((other) => other.taskName === taskName);
      return task === undefined ? null : rows.task(task);
    },
  };
}

interface DeploymentByName {
  readonly project?: string | null;
  readonly environment?: string | null;
  readonly name?: string | null;
}

interface ByName {
  readonly name: string;
  readonly project: number;
  readonly includeDeleted?: boolean | null;
}
