import type { Ledger } from '../ledger/ledger';
import type { Environment, Project } from '../world/environment';
import type { LagoonWorld } from '../world/lagoon-world';
import type { VariableHolder, VariableScope } from '../world/variables';
import { writeVariable } from '../world/variables';
import { projectIn } from './refusals';
import type { PlaceRows } from './rows';
import { permissionError } from './refusals';

interface VariableInput {
  readonly organization?: string | null;
  readonly project?: string | null;
  readonly environment?: string | null;
  readonly scope?: string | null;
  readonly name: string;
  readonly value: string;
}

interface IdlingInput {
  readonly project: string;
  readonly environment: string;
  readonly idle: boolean;
}

/** The mutations that change a project or an environment itself. */
export function placeMutationsOf(world: LagoonWorld, rows: PlaceRows, ledger: Ledger) {
  return {
    addOrUpdateEnvVariableByName: ({ input }: { input: VariableInput }) => {
      const name = input.name.trim();
      if (name === '') throw new Error('A variable name must be provided.');
      const scope = scopeOf(input.scope ?? 'GLOBAL');
      const holder = holderOf(world, input);
      ledger.recordVariableWrite([input.project, input.environment, name]);
      const write = { name, scope, value: input.value, at: world.now() };
      return rows.variable(writeVariable(holder, write, world.context.nextId));
    },

    idleOrUnidleEnvironment: ({ input }: { input: IdlingInput }) => {
      const project = projectIn(world.places, { name: input.project });
      const environment = project.environments.get(input.environment);
      if (environment === undefined || environment.deleted) {
        throw permissionError('idle', 'environment_state');
      }
      refuseIdling(environment, input.idle);
      if (input.idle) environment.idleState = 'idled';
      else wake(world, environment);
      return 'success';
    },
  };
}

function scopeOf(scope: string): VariableScope {
  const stored = scope.toLowerCase();
  if (isScope(stored)) return stored;
  throw new Error(`Variable scope "${stored}" is deprecated & can no longer be set.`);
}

function isScope(scope: string): scope is VariableScope {
  return ['build', 'runtime', 'global', 'container_registry'].includes(scope);
}

function holderOf(world: LagoonWorld, input: VariableInput): VariableHolder {
  const { organization, project: projectName, environment: name } = input;
  if (organization || !projectName) {
    throw new Error(
      'Error determining type. Submit an organization name, a project name, or a project name and environment name.',
    );
  }
  const project: Project = projectIn(world.places, { name: projectName });
  if (!name) return project;
  const environment = project.environments.get(name);
  if (environment !== undefined && !environment.deleted) return environment;
  // Lagoon reads a field of the row it did not find, and answers how that failed.
  throw new Error("Cannot read properties of undefined (reading 'environmentType')");
}

function refuseIdling({ autoIdle, idleState }: Environment, idle: boolean): void {
  if (!autoIdle) throw new Error('Environment has idling disabled');
  if (idleState !== 'active' && idle) throw new Error('Environment is already idled');
  if (idleState === 'active' && !idle) throw new Error('Environment is already unidled');
}

function wake({ context }: LagoonWorld, environment: Environment): void {
  const seconds = context.clock.instant ? 0 : environment.wakeSeconds;
  context.after(seconds, () => {
    environment.idleState = 'active';
  });
}
