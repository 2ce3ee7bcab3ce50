import { isDeployedFrom } from '../../environment-name';
import type { DeployOrder } from './build-registry';
import type { Build } from './builds';
import type { Environment, Project } from './environment';
import type { LagoonWorld } from './lagoon-world';
import type * as inputs from './lagoon-inputs';
import type { Task } from './tasks';
import { commandOf, endTask } from './tasks';
import type { Variable, VariableHolder, VariableScope } from './variables';
import { writeVariable } from './variables';

/** What Lagoon answers in place of a value: the message is its own text. */
export class LagoonError extends Error {}

const MAX_BULK_ID = 50;
const MAX_NAME = 100;

/** Lagoon's operations under their own names. Each throws LagoonError before it has any effect. */
export class LagoonApi {
  constructor(private readonly world: LagoonWorld) {}

  lagoonVersion(): string {
    return 'v2.33.0-simulated';
  }

  projectByName(name: string): Project | null {
    return this.world.projects.byName.get(name) ?? null;
  }

  /** Lagoon looks among deleted environments too unless told not to, and answers the first it finds. */
  environmentByName(
    name: string,
    projectId: number,
    includeDeleted: inputs.Given<boolean>,
  ): Environment | null {
    const project = this.world.projects.byId.get(projectId);
    const named = project?.environments.get(name) ?? null;
    if (includeDeleted === false) return named?.deleted === true ? null : named;
    return project?.twins.find((twin) => twin.name === name) ?? named;
  }

  environmentById(id: number): Environment {
    return this.environment({ id });
  }

  deploymentsByBulkId(bulkId: string): readonly Build[] {
    return this.world.builds.ofBulk(bulkId);
  }

  taskById(id: number): Task {
    return present(this.world.tasks.byId.get(id));
  }

  deployEnvironmentLatest(input: inputs.DeployLatestInput): string {
    const environment = this.environment(input.environment);
    if (!this.world.hasPlatformRole) refusePlatformOnly(input);
    return this.deploy(this.latestOf(environment), input);
  }

  deployEnvironmentBranch(input: inputs.DeployBranchInput): string {
    const { branchName } = input;
    const environment = this.destination(this.project(input.project), branchName);
    const answer = this.deploy(environment, input);
    Object.assign(environment, { deployType: 'branch', deployBaseRef: branchName });
    return answer;
  }

  deployEnvironmentPromote(input: inputs.PromoteInput): string {
    const project = this.project(input.project);
    const source = this.environment(input.sourceEnvironment);
    if (source.project !== project) throw unauthorized();
    const environment = this.destination(project, input.destinationEnvironment);
    const answer = this.deploy(environment, input);
    Object.assign(environment, { deployType: 'promote', deployBaseRef: source.name });
    return answer;
  }

  /** `success` only says that the order was passed on: what is over stays as it is. */
  cancelDeployment(deployment: inputs.DeploymentInput): string {
    const build = this.build(deployment);
    this.world.context.observer.onCancel(build.name);
    const environment = this.world.projects.environments.get(build.environmentId);
    environment?.queue.cancel(build, this.world.now());
    return 'success';
  }

  addTask({ environment: id, name, service = null, command = null }: inputs.TaskInput): Task {
    const environment = this.environment({ id });
    refuseTask(environment);
    if (name.length > MAX_NAME) throw new LagoonError("Data too long for column 'name'");
    return this.world.tasks.run(environment, { name, service, command });
  }

  invokeRegisteredTask(call: inputs.Invocation): Task {
    const environment = this.environment({ id: call.environment });
    refuseTask(environment);
    const { registeredTasks } = environment;
    const task = registeredTasks.find(({ id }) => id === call.advancedTaskDefinition);
    if (task === undefined) {
      throw new LagoonError(`Task '${call.advancedTaskDefinition}' could not be found.`);
    }
    const command = commandOf(task, call.argumentValues ?? []);
    const { name, service = null } = task;
    return this.world.tasks.run(environment, { name, service, command });
  }

  /** Null if there is no such task; otherwise as `cancelDeployment`. */
  cancelTask({ id, taskName, environment }: inputs.TaskKey): string | null {
    const task =
      typeof id === 'number'
        ? this.world.tasks.byId.get(id)
        : this.environment(environment ?? {}).tasks.find((other) => other.taskName === taskName);
    if (task === undefined) return null;
    this.world.context.observer.onCancel(task.taskName);
    const { environments } = this.world.projects;
    if (environments.get(task.environmentId)?.ignoresTaskCancel !== true) {
      endTask(task, { at: this.world.now(), status: 'cancelled' });
    }
    return 'success';
  }

  addOrUpdateEnvVariableByName(input: inputs.VariableInput): Variable {
    const name = input.name.trim();
    if (name === '') throw new LagoonError('A variable name must be provided.');
    const scope = scopeOf(input.scope ?? 'GLOBAL');
    const holder = this.holderOf(input);
    const { observer, nextId } = this.world.context;
    observer.onVariableWrite([input.project, input.environment, name]);
    const write = { name, scope, value: input.value, updatedAt: this.world.now() };
    return writeVariable(holder, write, nextId);
  }

  idleOrUnidleEnvironment({ project: name, environment: named, idle }: inputs.IdlingInput): string {
    const environment = this.project({ name }).environments.get(named);
    if (environment === undefined || environment.deleted) {
      throw permissionError('idle', 'environment_state');
    }
    refuseIdling(environment, idle);
    if (idle) environment.idleState = 'idled';
    else this.wake(environment);
    return 'success';
  }

  /** Throws if there is none, or only a deleted one. */
  private environment({ id, name, project }: inputs.EnvironmentInput): Environment {
    const { environments } = this.world.projects;
    const found =
      typeof id === 'number'
        ? environments.get(id)
        : this.projectBy(project ?? {})?.environments.get(name ?? '');
    return present(found?.deleted === true ? undefined : found);
  }

  private project(input: inputs.ProjectInput): Project {
    return present(this.projectBy(input));
  }

  private projectBy({ id, name }: inputs.ProjectInput): Project | undefined {
    const { byName, byId } = this.world.projects;
    return typeof name === 'string' ? byName.get(name) : byId.get(id ?? 0);
  }

  private build({ id, name, environment }: inputs.DeploymentInput): Build {
    if (typeof id === 'number') return present(this.world.builds.byId.get(id));
    if (typeof name !== 'string' || !environment) {
      throw new LagoonError('Must provide deployment (id) or (name and environment)');
    }
    const { builds } = this.environment(environment).queue;
    return present(builds.find((build) => build.name === name));
  }

  /** Where "latest" leads to: a branch is deployed to the environment of its name, whoever is built from it. */
  private latestOf(environment: Environment): Environment {
    const { deployType, deployBaseRef, name, project } = environment;
    if (deployBaseRef === '') throw new LagoonError('Cannot deploy: deployBaseRef is empty');
    if (deployType !== 'branch') return environment;
    return this.destination(project, deployBaseRef ?? name);
  }

  /** Lagoon creates an environment that is not there; only the first of a project is production. */
  private destination({ name: project, environments }: Project, name: string): Environment {
    const known = [...environments.keys()];
    const found =
      known.find((environment) => environment === name) ??
      known.find((environment) => isDeployedFrom({ project, environment }, name));
    if (found !== undefined) return this.world.projects.upsert(project, found, { deleted: false });
    const environmentType = environments.size === 0 ? 'production' : 'development';
    return this.world.projects.upsert(project, name, { environmentType });
  }

  private deploy(environment: Environment, input: inputs.DeployInput): string {
    refuseDeployment(environment);
    refuseLongText(environment, input);
    const name = this.world.builds.deploy(environment, orderOf(input));
    return input.returnData === true ? name : 'success';
  }

  private holderOf({
    organization,
    project,
    environment: name,
  }: inputs.VariableInput): VariableHolder {
    if (organization || !project) {
      throw new LagoonError(
        'Error determining type. Submit an organization name, a project name, or a project name and environment name.',
      );
    }
    const owner = this.project({ name: project });
    if (!name) return owner;
    const environment = owner.environments.get(name);
    if (environment !== undefined && !environment.deleted) return environment;
    // Lagoon reads a field of the row it did not find, and answers how that failed.
    throw new LagoonError("Cannot read properties of undefined (reading 'environmentType')");
  }

  private wake(environment: Environment): void {
    const { context } = this.world;
    context.after(context.clock.instant ? 0 : environment.wakeSeconds, () => {
      environment.idleState = 'active';
    });
  }
}

/** Lagoon says no more than this about what is missing, deleted, or not to be seen. */
function unauthorized(): LagoonError {
  return new LagoonError('Unauthorized');
}

function present<T>(row: T | undefined): T {
  if (row === undefined) throw unauthorized();
  return row;
}

function orderOf({ bulkId, bulkName, priority, buildVariables }: inputs.DeployInput): DeployOrder {
  const variablesOnly = (buildVariables ?? []).some(
    ({ name, value }) => name === 'LAGOON_VARIABLES_ONLY' && value?.toUpperCase() === 'TRUE',
  );
  return { bulkId, bulkName, priority, variablesOnly };
}

function refuseDeployment({ project, environmentType, mayDeploy }: Environment): void {
  if (!mayDeploy) throw permissionError(`deploy:${environmentType}`, 'environment');
  if (project.deploymentsDisabled) {
    throw new LagoonError('Deployments have been disabled for this project');
  }
  // Lagoon gives a restriction on deployments the text it has for tasks.
  if (project.restrictions.includes('NO_DEPLOYMENTS')) throw tasksDisabled();
}

function refuseTask({ project }: Environment): void {
  if (project.deploymentsDisabled) throw tasksDisabled();
}

function refusePlatformOnly({ bulkId, priority }: inputs.DeployInput): void {
  const what = typeof bulkId === 'string' ? 'bulkId' : 'priority';
  if (typeof bulkId !== 'string' && typeof priority !== 'number') return;
  throw new LagoonError(`Unauthorized to set ${what}, platform-admin only`);
}

function refuseLongText({ name }: Environment, { bulkId, bulkName }: inputs.DeployInput): void {
  const tooLong = (bulkId?.length ?? 0) > MAX_BULK_ID || (bulkName?.length ?? 0) > MAX_NAME;
  if (!tooLong) return;
  const detail = 'error creating deployment: Data too long for column';
  throw new LagoonError(`Error deploying ${name}: unable to create deploy task: ${detail}`);
}

function refuseIdling({ autoIdle, idleState }: Environment, idle: boolean): void {
  if (!autoIdle) throw new LagoonError('Environment has idling disabled');
  if (idleState !== 'active' && idle) throw new LagoonError('Environment is already idled');
  if (idleState === 'active' && !idle) throw new LagoonError('Environment is already unidled');
}

function scopeOf(scope: string): VariableScope {
  const stored = scope.toLowerCase();
  if (isScope(stored)) return stored;
  throw new LagoonError(`Variable scope "${stored}" is deprecated & can no longer be set.`);
}

function isScope(scope: string): scope is VariableScope {
  return ['build', 'runtime', 'global', 'container_registry'].includes(scope);
}

function tasksDisabled(): LagoonError {
  return new LagoonError('Tasks have been disabled for this project');
}

function permissionError(action: string, resource: string): LagoonError {
  return new LagoonError(`Unauthorized: You don't have permission to "${action}" on "${resource}"`);
}
