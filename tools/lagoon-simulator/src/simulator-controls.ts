import { faultFrom } from './faults/fault-plan';
import type { FaultSpec } from './faults/fault-plan';
import type { FaultPlan } from './faults/fault-plan';
import type { PlaceRows } from './graphql/rows';
import type { AccountSpec, BuildName, BuildSpec, EnvironmentSpec } from './http/control-schemas';
import type { TokenRule, Tokens } from './http/tokens';
import type { Ledger, LedgerPage } from './ledger/ledger';
import type { EnvironmentTraits } from './world/environment';
import type { LagoonWorld } from './world/lagoon-world';
import type { StoredVariableRow } from './world/stored-variables';
import { variablesIn } from './world/stored-variables';

export interface PlacedEnvironment {
  readonly project: string;
  readonly environment: string;
  readonly projectId: number;
  readonly environmentId: number;
  readonly route: string;
}

export interface ControlledParts {
  readonly world: LagoonWorld;
  readonly rows: PlaceRows;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
  readonly tokens: Tokens;
}

/** What a test may do to the simulated Lagoon, over HTTP or in process. */
export class SimulatorControls {
  constructor(private readonly parts: ControlledParts) {}

  /** Creates the environment, or changes what is given of an existing one. */
  place(spec: EnvironmentSpec): PlacedEnvironment {
    const { world, rows } = this.parts;
    world.settle();
    const placed = world.places.upsert(spec.project, spec.environment, traitsOf(spec));
    const { project } = placed;
    project.deploymentsDisabled = spec.deploymentsDisabled ?? project.deploymentsDisabled;
    project.restrictions = spec.restrictions ?? project.restrictions;
    if (spec.deletedTwin === true) world.places.addDeletedTwin(placed);
    const { project: name, environment } = spec;
    const ids = { projectId: project.id, environmentId: placed.id };
    return { project: name, environment, ...ids, route: rows.route(placed) };
  }

  /** A build that somebody else started. Undefined if there is no such environment. */
  build(spec: BuildSpec): string | undefined {
    const { project, environment: name, bulkId, bulkName, ...traits } = spec;
    const { places, builds } = this.parts.world;
    const environment = places.find(project, name);
    if (environment === undefined) return undefined;
    return builds.deploy(environment, { bulkId, bulkName, traits });
  }

  /** Deletes the row, as Lagoon's retention does. False if there is none. */
  removeBuild({ project, environment: name, name: buildName }: BuildName): boolean {
    const { world } = this.parts;
    world.settle();
    const environment = world.places.find(project, name);
    const build = environment?.queue.builds.find((other) => other.name === buildName);
    if (environment === undefined || build === undefined) return false;
    world.builds.forget(environment, build);
    return true;
  }

  /** Null: of every project. */
  variables(project: string | null): StoredVariableRow[] {
    return variablesIn(this.parts.world.places, project);
  }

  fault(spec: FaultSpec): void {
    this.parts.faults.add(faultFrom(spec));
  }

  clearFaults(): void {
    this.parts.faults.clear();
  }

  outage(active: boolean): void {
    this.parts.faults.outage = active;
  }

  token(rule: TokenRule): void {
    this.parts.tokens.rule(rule);
  }

  clearTokens(): void {
    this.parts.tokens.clear();
  }

  account({ platformRole }: AccountSpec): void {
    this.parts.world.hasPlatformRole = platformRole;
  }

  advance(seconds: number): void {
    this.parts.world.context.clock.advance(seconds);
  }

  ledger(latest = 100): LedgerPage {
    this.parts.world.settle();
    return this.parts.ledger.page(latest);
  }

  clearLedger(): void {
    this.parts.world.settle();
    this.parts.ledger.clear();
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
