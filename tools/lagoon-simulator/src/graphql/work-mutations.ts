import type { Ledger } from '../ledger/ledger';
import type { Build } from '../world/builds';
import type { LagoonWorld } from '../world/lagoon-world';
import type { ArgumentValue, Task } from '../world/tasks';
import { cancelTask, commandOf } from '../world/tasks';
import type {
  DeployBranchInput,
  DeployInput,
  DeployLatestInput,
  EnvironmentInput,
  PromoteInput,
} from './refusals';
import {
  MAX_NAME,
  UnauthorizedError,
  environmentIn,
  projectIn,
  refuseDeployment,
  refuseLongText,
  refusePlatformOnly,
  refuseTask,
} from './refusals';
import type { Environment } from '../world/environment';
import type { DeployOrder } from '../world/build-registry';
import type { WorkRows } from './rows';

interface DeploymentInput {
  readonly id?: number | null;
  readonly name?: string | null;
  readonly environment?: EnvironmentInput | null;
}

interface TaskKey {
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

    cancelTask: ({ input }: { input: { task: TaskKey } }) => {
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

function taskIn(world: LagoonWorld, { id, taskName, environment }: TaskKey): Task | undefined {
  if (typeof id === 'number') return world.tasks.byId.get(id);
  const { tasks } = environmentIn(world.places, environment ?? {});
  return tasks.find((task) => task.taskName === taskName);
}

function present<T>(row: T | undefined): T {
  if (row === undefined) throw new UnauthorizedError();
  return row;
}

/** The mutations that start a build. */
export function deployMutationsOf(world: LagoonWorld) {
  const { places } = world;
  return {
    deployEnvironmentLatest: ({ input }: { input: DeployLatestInput }) => {
      const environment = environmentIn(places, input.environment);
      refusePlatformOnly(world, input);
      return deploy(world, environment, input);
    },

    deployEnvironmentBranch: ({ input }: { input: DeployBranchInput }) => {
      const project = projectIn(places, input.project);
      return deploy(world, destinationOf(world, project.name, input.branchName), input);
    },

    deployEnvironmentPromote: ({ input }: { input: PromoteInput }) => {
      const project = projectIn(places, input.project);
      const source = environmentIn(places, input.sourceEnvironment);
      if (source.project !== project) throw new UnauthorizedError();
      const environment = destinationOf(world, project.name, input.destinationEnvironment);
      const answer = deploy(world, environment, input);
      environment.deployType = 'promote';
      return answer;
    },
  };
}

/** Lagoon creates an environment that is not there; only the first of a project is production. */
function destinationOf(world: LagoonWorld, project: string, name: string): Environment {
  const existing = world.places.find(project, name);
  if (existing !== undefined) return world.places.upsert(project, name, { deleted: false });
  const isFirst = world.places.projects.get(project)?.environments.size === 0;
  const environmentType = isFirst ? 'production' : 'development';
  return world.places.upsert(project, name, { environmentType });
}

function deploy(world: LagoonWorld, environment: Environment, input: DeployInput): string {
  refuseDeployment(environment);
  refuseLongText(environment, input);
  const name = world.builds.deploy(environment, orderOf(input));
  return input.returnData === true ? name : 'success';
}

function orderOf({ bulkId, bulkName, priority, buildVariables }: DeployInput): DeployOrder {
  const variablesOnly = (buildVariables ?? []).some(
    ({ name, value }) => name === 'LAGOON_VARIABLES_ONLY' && value?.toUpperCase() === 'TRUE',
  );
  return { bulkId, bulkName, priority, variablesOnly };
}

interface TaskInput {
  readonly name: string;
  readonly environment: number;
  readonly service?: string | null;
  readonly command?: string | null;
}

interface Invocation {
  readonly advancedTaskDefinition: number;
  readonly environment: number;
  readonly argumentValues?: readonly ArgumentValue[] | null;
}

/** The mutations that start a task. */
export function taskMutationsOf({ places, tasks }: LagoonWorld, rows: WorkRows) {
  return {
    addTask: ({ input }: { input: TaskInput }) => {
      const environment = environmentIn(places, { id: input.environment });
      refuseTask(environment);
      if (input.name.length > MAX_NAME) throw new Error("Data too long for column 'name'");
      const { name, service = null, command = null } = input;
      return rows.task(tasks.run(environment, { name, service, command }));
    },

    invokeRegisteredTask: (call: Invocation) => {
      const environment = environmentIn(places, { id: call.environment });
      refuseTask(environment);
      const { registeredTasks } = environment;
      const task = registeredTasks.find(({ id }) => id === call.advancedTaskDefinition);
      if (task === undefined) {
        throw new Error(`Task '${call.advancedTaskDefinition}' could not be found.`);
      }
      const command = commandOf(task, call.argumentValues ?? []);
      const { name, service = null } = task;
      return rows.task(tasks.run(environment, { name, service, command }));
    },
  };
}
