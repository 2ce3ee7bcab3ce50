import type { Build } from './builds';
import { BuildQueue, BuildSlots } from './build-queue';
import type { Environment, EnvironmentTraits, Project } from './environment';
import { NEW_ENVIRONMENT } from './environment';
import type { Variable, VariableHolder } from './variables';
import type { WorldContext } from './world-context';

/** Every project and its environments. */
export class ProjectRegistry {
  readonly byName = new Map<string, Project>();
  readonly byId = new Map<number, Project>();
  readonly environments = new Map<number, Environment>();
  private readonly slots: BuildSlots;

  constructor(private readonly context: WorldContext) {
    this.slots = new BuildSlots(context.options.buildSlots);
  }

  find(project: string, environment: string): Environment | undefined {
    return this.byName.get(project)?.environments.get(environment);
  }

  /** Creates what is missing; given traits replace those that are there. */
  upsert(project: string, name: string, traits: Partial<EnvironmentTraits>): Environment {
    const existing = this.find(project, name);
    if (existing !== undefined) return Object.assign(existing, traits);
    const owner = this.projectNamed(project);
    const environment = this.newEnvironment(owner, name, traits);
    owner.environments.set(name, environment);
    return environment;
  }

  /** A deleted environment beside the one that has its name. */
  addDeletedTwin({ project, name }: Environment): void {
    project.twins.push(this.newEnvironment(project, name, { deleted: true }));
  }

  private newEnvironment(
    project: Project,
    name: string,
    traits: Partial<EnvironmentTraits>,
  ): Environment {
    const { timeline, walk, clock, nextId } = this.context;
    const site = { timeline, walk, slots: this.slots };
    const environment: Environment = {
      ...NEW_ENVIRONMENT,
      ...traits,
      id: nextId(),
      name,
      createdAt: clock.now(),
      project,
      queue: new BuildQueue(site, (build) => afterBuild(environment, build)),
      tasks: [],
      variables: new Map(),
    };
    this.environments.set(environment.id, environment);
    return environment;
  }

  private projectNamed(name: string): Project {
    const existing = this.byName.get(name);
    if (existing !== undefined) return existing;
    const project: Project = {
      id: this.context.nextId(),
      name,
      deploymentsDisabled: false,
      restrictions: [],
      environments: new Map(),
      twins: [],
      variables: new Map(),
    };
    this.byName.set(name, project);
    this.byId.set(project.id, project);
    return project;
  }
}

function afterBuild(environment: Environment, { end, slotAt }: Build): void {
  const { health, healthAfterBuild, healthAfterCancel } = environment;
  if (end?.status === 'complete') environment.health = healthAfterBuild ?? health;
  if (end?.status === 'cancelled' && slotAt !== null) {
    environment.health = healthAfterCancel ?? health;
  }
}

export interface StoredVariableRow extends Omit<Variable, 'id' | 'updatedAt'> {
  readonly project: string;
  /** Null: a variable of the project itself. */
  readonly environment: string | null;
}

/** The variables of a project and its environments. */
export function storedVariables(project: Project): StoredVariableRow[] {
  const rows = ({ variables }: VariableHolder, environment: string | null) =>
    [...variables.values()].map(({ name, scope, value, writes }) => ({
      ...{ project: project.name, environment, name, scope, value, writes },
    }));
  const environments = [...project.environments.values()];
  return [...rows(project, null), ...environments.flatMap((one) => rows(one, one.name))];
}
