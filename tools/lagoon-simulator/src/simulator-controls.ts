import type { Fault } from './faults/fault';
import { NEW_FAULT } from './faults/fault';
import type { FaultPlan } from './faults/fault-plan';
import type { Rows } from './graphql/rows';
import type { BuildSpec, EnvironmentSpec, FaultSpec } from './http/control-schemas';
import type { Ledger, LedgerPage } from './ledger/ledger';
import type { EnvironmentTraits } from './world/environment';
import type { LagoonWorld } from './world/lagoon-world';

export interface PlacedEnvironment {
  readonly project: string;
  readonly environment: string;
  readonly projectId: number;
  readonly environmentId: number;
  readonly route: string;
}

export interface ControlledParts {
  readonly world: LagoonWorld;
  readonly rows: Rows;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
}

/** What a test may do to the simulated Lagoon, over HTTP or in process. */
export class SimulatorControls {
  constructor(private readonly parts: ControlledParts) {}

  /** Creates the environment, or changes what is given of an existing one. */
  place(spec: EnvironmentSpec): PlacedEnvironment {
    const { world, rows } = this.parts;
    const placed = world.upsert(spec.project, spec.environment, traitsOf(spec));
    const { project } = placed;
    project.deploymentsDisabled = spec.deploymentsDisabled ?? project.deploymentsDisabled;
    const { project: name, environment } = spec;
    const ids = { projectId: project.id, environmentId: placed.id };
    return { project: name, environment, ...ids, route: rows.route(placed) };
  }

  /** A build that somebody else started. Undefined if there is no such environment. */
  build(spec: BuildSpec): string | undefined {
    const environment = this.parts.world.find(spec.project, spec.environment);
    if (environment === undefined) return undefined;
    const bulkName = spec.bulkName ?? null;
    const order = { bulkId: null, bulkName, priority: null, variablesOnly: false };
    return this.parts.world.deploy(environment, order).name;
  }

  fault(spec: FaultSpec): void {
    const fault: Fault = { ...NEW_FAULT, ...spec };
    this.parts.faults.add(fault);
  }

  clearFaults(): void {
    this.parts.faults.clear();
  }

  outage(active: boolean): void {
    this.parts.faults.outage = active;
  }

  advance(seconds: number): void {
    this.parts.world.clock.advance(seconds);
  }

  ledger(latest = 100): LedgerPage {
    return this.parts.ledger.page(latest);
  }

  clearLedger(): void {
    this.parts.ledger.clear();
  }
}

function traitsOf(spec: EnvironmentSpec): Partial<EnvironmentTraits> {
  const { project: _p, environment: _e, failBuild, failTask, unhealthy, ...rest } = spec;
  const { deploymentsDisabled: _d, ...traits } = rest;
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
