import type {
  EnvironmentTraits,
  FaultPlan,
  LagoonRows,
  LagoonWorld,
  StoredVariableRow,
} from '@uplift/lagoon/testing';
import { storedVariables } from '@uplift/lagoon/testing';
import type { AccountSpec, BuildName, BuildSpec, EnvironmentSpec } from './http/control-schemas';
import type { FaultSpec, HttpFault } from './http/faults';
import { faultFrom } from './http/faults';
import type { TokenRule, Tokens } from './http/tokens';
import type { Ledger, LedgerPage } from './ledger';

export interface PlacedEnvironment {
  readonly project: string;
  readonly environment: string;
  readonly projectId: number;
  readonly environmentId: number;
  readonly route: string;
}

interface Controlled {
  readonly world: LagoonWorld;
  readonly rows: LagoonRows;
  readonly ledger: Ledger;
  readonly faults: FaultPlan<HttpFault>;
  readonly tokens: Tokens;
}

/** What a test may do to the simulated Lagoon, over HTTP or in process. */
export class SimulatorControls {
  constructor(private readonly controlled: Controlled) {}

  /** Creates the environment, or changes what is given of an existing one. */
  place(spec: EnvironmentSpec): PlacedEnvironment {
    const { world, rows } = this.controlled;
    world.settle();
    const placed = world.projects.upsert(spec.project, spec.environment, traitsOf(spec));
    const { project } = placed;
    project.deploymentsDisabled = spec.deploymentsDisabled ?? project.deploymentsDisabled;
    project.restrictions = spec.restrictions ?? project.restrictions;
    if (spec.deletedTwin === true) world.projects.addDeletedTwin(placed);
    const { project: name, environment } = spec;
    const ids = { projectId: project.id, environmentId: placed.id };
    return { project: name, environment, ...ids, route: rows.routes(placed)[0] ?? '' };
  }

  /** A build that somebody else started. Undefined if there is no such environment. */
  build(spec: BuildSpec): string | undefined {
    const { project, environment: name, bulkId, bulkName, ...traits } = spec;
    const { projects, builds } = this.controlled.world;
    const environment = projects.find(project, name);
    if (environment === undefined) return undefined;
    return builds.deploy(environment, { bulkId, bulkName, traits });
  }

  /** Deletes the row, as Lagoon's retention does. False if there is none. */
  removeBuild({ project, environment: name, name: buildName }: BuildName): boolean {
    const { world } = this.controlled;
    world.settle();
    const environment = world.projects.find(project, name);
    const build = environment?.queue.builds.find((other) => other.name === buildName);
    if (environment === undefined || build === undefined) return false;
    world.builds.forget(environment, build);
    return true;
  }

  /** Null: of every project. */
  variables(project: string | null): StoredVariableRow[] {
    const projects = [...this.controlled.world.projects.byName.values()];
    return projects.filter(({ name }) => (project ?? name) === name).flatMap(storedVariables);
  }

  fault(spec: FaultSpec): void {
    this.controlled.faults.add(faultFrom(spec));
  }

  clearFaults(): void {
    this.controlled.faults.clear();
  }

  outage(active: boolean): void {
    this.controlled.faults.outage = active;
  }

  token(rule: TokenRule): void {
    this.controlled.tokens.rule(rule);
  }

  clearTokens(): void {
    this.controlled.tokens.clear();
  }

  account({ platformRole }: AccountSpec): void {
    this.controlled.world.hasPlatformRole = platformRole;
  }

  advance(seconds: number): void {
    this.controlled.world.context.clock.advance(seconds);
  }

  ledger(latest = 100): LedgerPage {
    this.controlled.world.settle();
    return this.controlled.ledger.page(latest);
  }

  clearLedger(): void {
    this.controlled.world.settle();
    this.controlled.ledger.clear();
  }
}

function traitsOf(spec: EnvironmentSpec): Partial<EnvironmentTraits> {
  const { project: _p, environment: _e, failBuild, failTask, unhealthy, ...rest } = spec;
  const { deploymentsDisabled: _d, restrictions: _r, deletedTwin: _t, ...traits } = rest;
  return {
    ...traits,
    ...(failBuild === undefined ? {} : { failBuilds: countOf(failBuild) }),
    ...(failTask === undefined ? {} : { failTasks: countOf(failTask) }),
    ...(unhealthy === undefined ? {} : { health: unhealthy ? 'unhealthy' : 'healthy' }),
  };
}

function countOf(value: boolean | number): number {
  if (typeof value === 'number') return value;
  return value ? Infinity : 0;
}
