import type { Environment, Project } from '../world/environment';
import type { Places } from '../world/places';
import type { LagoonWorld } from '../world/lagoon-world';

export interface DeployInput {
  readonly priority?: number | null;
  readonly bulkId?: string | null;
  readonly bulkName?: string | null;
  readonly buildVariables?: readonly { name?: string | null; value?: string | null }[] | null;
  readonly returnData?: boolean | null;
}

export interface DeployLatestInput extends DeployInput {
  readonly environment: EnvironmentInput;
}

export interface DeployBranchInput extends DeployInput {
  readonly project: ProjectInput;
  readonly branchName: string;
}

export interface PromoteInput extends DeployInput {
  readonly sourceEnvironment: EnvironmentInput;
  readonly project: ProjectInput;
  readonly destinationEnvironment: string;
}

export interface ProjectInput {
  readonly id?: number | null;
  readonly name?: string | null;
}

export interface EnvironmentInput {
  readonly id?: number | null;
  readonly name?: string | null;
  readonly project?: ProjectInput | null;
}

/** Lagoon says no more than this about what is missing, deleted, or not to be seen. */
export class UnauthorizedError extends Error {
  constructor() {
    super('Unauthorized');
  }
}

/** Throws UnauthorizedError if there is none, or only a deleted one. */
export function environmentIn(places: Places, input: EnvironmentInput): Environment {
  const environment =
    typeof input.id === 'number'
      ? places.environments.get(input.id)
      : projectBy(places, input.project ?? {})?.environments.get(input.name ?? '');
  if (environment === undefined || environment.deleted) throw new UnauthorizedError();
  return environment;
}

/** Throws UnauthorizedError if there is none. */
export function projectIn(places: Places, input: ProjectInput): Project {
  const project = projectBy(places, input);
  if (project === undefined) throw new UnauthorizedError();
  return project;
}

function projectBy(places: Places, { id, name }: ProjectInput): Project | undefined {
  if (typeof name === 'string') return places.projects.get(name);
  return places.projectsById.get(id ?? 0);
}

const MAX_BULK_ID = 50;
export const MAX_NAME = 100;

export function refuseDeployment({ project, environmentType, mayDeploy }: Environment): void {
  if (!mayDeploy) throw permissionError(`deploy:${environmentType}`, 'environment');
  if (project.deploymentsDisabled) {
    throw new Error('Deployments have been disabled for this project');
  }
  // Lagoon gives a restriction on deployments the text it has for tasks.
  if (project.restrictions.includes('NO_DEPLOYMENTS')) throw tasksDisabledError();
}

export function refuseTask({ project }: Environment): void {
  if (project.deploymentsDisabled) throw tasksDisabledError();
}

/** Unless the caller has a platform role. */
export function refusePlatformOnly(world: LagoonWorld, input: DeployInput): void {
  if (world.hasPlatformRole) return;
  if (typeof input.bulkId === 'string') throw platformOnlyError('bulkId');
  if (typeof input.priority === 'number') throw platformOnlyError('priority');
}

export function refuseLongText(environment: Environment, { bulkId, bulkName }: DeployInput): void {
  const tooLong = (bulkId?.length ?? 0) > MAX_BULK_ID || (bulkName?.length ?? 0) > MAX_NAME;
  if (!tooLong) return;
  const detail = 'error creating deployment: Data too long for column';
  throw new Error(`Error deploying ${environment.name}: unable to create deploy task: ${detail}`);
}

export function permissionError(action: string, resource: string): Error {
  return new Error(`Unauthorized: You don't have permission to "${action}" on "${resource}"`);
}

function platformOnlyError(what: string): Error {
  return new Error(`Unauthorized to set ${what}, platform-admin only`);
}

function tasksDisabledError(): Error {
  return new Error('Tasks have been disabled for this project');
}
