import type { EnvironmentSpec, PlacedEnvironment } from '../../tools/lagoon-simulator/src';
import { only, SimulatorClient } from '../../tools/lagoon-simulator/src';
import type { Fate, FleetInstance } from './fleet';

type Target = Pick<FleetInstance, 'project' | 'environment'>;
type Traits = Partial<EnvironmentSpec>;

const TRAITS: Readonly<Record<Fate, Traits>> = {
  sound: {},
  'build-fails': { failBuild: true },
  'app-unhealthy': { healthAfterBuild: 'unhealthy' },
  'deployments-disabled': { deploymentsDisabled: true },
};

/** The simulated Lagoon of a fleet. */
export class LagoonControl extends SimulatorClient {
  async place(fleet: readonly FleetInstance[]): Promise<void> {
    const specs = fleet.map(({ project, environment, fate, buildSeconds = null }) => ({
      project,
      environment,
      buildSeconds,
      ...TRAITS[fate],
    }));
    await this.placeEnvironments(...specs);
  }

  /** Gives an environment what makes it odd, and creates it if it is missing. */
  async change({ project, environment }: Target, traits: Traits): Promise<PlacedEnvironment> {
    return only(await this.placeEnvironments({ project, environment, ...traits }));
  }

  /** Attempts, the given ones and whatever else Lagoon was asked for, that were not built exactly once. */
  async notBuiltOnce(markers: readonly string[]): Promise<string[]> {
    const { buildsByBulkName } = await this.ledger();
    const all = new Set([...markers, ...Object.keys(buildsByBulkName)]);
    return [...all].filter((marker) => buildsByBulkName[marker]?.length !== 1);
  }
}
