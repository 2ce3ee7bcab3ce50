import type { Environment, Project } from '../world/environment';
import type { DeployOrder, LagoonWorld } from '../world/lagoon-world';
import type { Rows } from './rows';

interface ProjectInput {
  readonly id?: number | null;
  readonly name?: string | null;
}

interface EnvironmentInput {
  readonly id?: number | null;
  readonly name?: string | null;
  readonly project?: ProjectInput | null;
}

interface DeployInput {
  readonly priority?: number | null;
  readonly bulkId?: string | null;
  readonly bulkName?: string | null;
  readonly buildVariables?: readonly { name?: string | null; value?: string | null }[] | null;
  readonly returnData?: boolean | null;
}

interface DeployLatestInput extends DeployInput {
  readonly environment: EnvironmentInput;
}

interface DeployBranchInput extends DeployInput {
  readonly project: ProjectInput;
  readonly branchName: string;
}

interface TaskInput {
  readonly name: string;
  readonly environment: number;
  readonly service?: string | null;
  readonly command?: string | null;
}

interface CancelInput {
  readonly deployment: { id?: number | null; name?: string | null; environment?: EnvironmentInput };
}

const MAX_BULK_ID = 50;
const MAX_NAME = 100;

/** The root mutation fields, with Lagoon's refusals in Lagoon's words. */
export function mutationsOf(world: LagoonWorld, rows: Rows) {
  return {
    deployEnvironmentLatest: ({ input }: { input: DeployLatestInput }) => {
      const environment = locate(world, input.environment);
      if (typeof input.bulkId === 'string') {
        throw new Error('Unauthorized to set bulkId, platform-admin only');
      }
      return deploy(world, environment, input);
    },

    deployEnvironmentBranch: ({ input }: { input: DeployBranchInput }) => {
      const project = projectOf(world, input.project);
      if (project === undefined) throw new Error('Unauthorized');
      const environment =
        project.environments.get(input.branchName) ??
        world.upsert(project.name, input.branchName, {});
      return deploy(world, environment, input);
    },

    // Lagoon answers what went wrong as a value, not as an error.
    cancelDeployment: ({ input }: { input: CancelInput }) => {
      const { id, name } = input.deployment;
      const build = [...world.builds.values()].find(
        (other) => other.id === id || other.name === name,
      );
      const environment = world.environments.get(build?.environmentId ?? 0);
      if (build === undefined || environment === undefined) return 'Error: No deployment found';
      environment.queue.cancel(build, world.clock.now());
      return 'success';
    },

    addTask: ({ input }: { input: TaskInput }) => {
      const environment = locate(world, { id: input.environment });
      refuseIfDisabled(environment.project, 'Tasks');
      if (input.name.length > MAX_NAME) throw new Error("Data too long for column 'name'");
      const { name, service = null, command = null } = input;
      return rows.task(world.runTask(environment, { name, service, command }));
    },
  };
}

function deploy(world: LagoonWorld, environment: Environment, input: DeployInput): string {
  refuseIfDisabled(environment.project, 'Deployments');
  refuseLongText(environment, input);
  const build = world.deploy(environment, orderOf(input));
  return input.returnData === true ? build.name : 'success';
}

function orderOf(input: DeployInput): DeployOrder {
  const variables = input.buildVariables ?? [];
  return {
    bulkId: input.bulkId ?? null,
    bulkName: input.bulkName ?? null,
    priority: input.priority ?? null,
    variablesOnly: variables.some(
      ({ name, value }) => name === 'LAGOON_VARIABLES_ONLY' && value?.toUpperCase() === 'TRUE',
    ),
  };
}

function refuseIfDisabled(project: Project, what: 'Deployments' | 'Tasks'): void {
  if (project.deploymentsDisabled) throw new Error(`${what} have been disabled for this project`);
}

function refuseLongText(environment: Environment, { bulkId, bulkName }: DeployInput): void {
  const tooLong = (bulkId?.length ?? 0) > MAX_BULK_ID || (bulkName?.length ?? 0) > MAX_NAME;
  if (!tooLong) return;
  const detail = 'error creating deployment: Data too long for column';
  throw new Error(`Error deploying ${environment.name}: unable to create deploy task: ${detail}`);
}

function locate(world: LagoonWorld, input: EnvironmentInput): Environment {
  const project = projectOf(world, input.project ?? {});
  const environment =
    typeof input.id === 'number'
      ? world.environments.get(input.id)
      : project?.environments.get(input.name ?? '');
  if (environment === undefined || environment.deleted) throw new Error('Unauthorized');
  return environment;
}

function projectOf(world: LagoonWorld, { id, name }: ProjectInput): Project | undefined {
  if (typeof name === 'string') return world.projects.get(name);
  return world.projectsById.get(id ?? 0);
}
