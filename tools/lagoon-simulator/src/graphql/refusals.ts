import type { Environment } from '../world/environment';
import type { LagoonWorld } from '../world/lagoon-world';
import type { DeployInput } from './deploy-inputs';

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
