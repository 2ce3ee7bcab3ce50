import type { Environment } from '../world/environment';
import type { DeployOrder } from '../world/build-yard';
import type { LagoonWorld } from '../world/lagoon-world';
import type {
  DeployBranchInput,
  DeployInput,
  DeployLatestInput,
  PromoteInput,
} from './deploy-inputs';
import { environmentIn, projectIn, UnauthorizedError } from './located';
import { refuseDeployment, refuseLongText, refusePlatformOnly } from './refusals';

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
