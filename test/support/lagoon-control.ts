import type { EnvironmentSpec, FaultSpec, LedgerPage } from '../../tools/lagoon-simulator/src';
import type { Fate, FleetInstance } from './fleet';

const TRAITS: Readonly<Record<Fate, Partial<EnvironmentSpec>>> = {
  sound: {},
  'build-fails': { failBuild: true },
  'app-unhealthy': { healthAfterBuild: 'unhealthy' },
  'deployments-disabled': { deploymentsDisabled: true },
};

/** The side door of the simulated Lagoon: places environments, plans faults, reads the ledger. */
export class LagoonControl {
  private readonly base: string;

  constructor(graphqlUrl: string) {
    this.base = `${new URL(graphqlUrl).origin}/control`;
  }

  async place(fleet: readonly FleetInstance[]): Promise<void> {
    const specs = fleet.map(({ project, environment, fate, buildSeconds = null }) => ({
      project,
      environment,
      buildSeconds,
      ...TRAITS[fate],
    }));
    await this.post('environments', specs);
  }

  async plan(...faults: readonly FaultSpec[]): Promise<void> {
    await this.post('faults', faults);
  }

  /** Forgets every fault still to come. */
  async planNothing(): Promise<void> {
    await fetch(`${this.base}/faults`, { method: 'DELETE' });
  }

  /** Moves simulated time on, beside what the clock does by itself. */
  async advance(seconds: number): Promise<void> {
    await this.post('clock', [{ advanceSeconds: seconds }]);
  }

  async ledger(): Promise<LedgerPage> {
    const response = await fetch(`${this.base}/ledger?calls=0`);
    return (await response.json()) as LedgerPage;
  }

  /** Attempts, the given ones and whatever else Lagoon was asked for, that were not built exactly once. */
  async notBuiltOnce(markers: readonly string[]): Promise<string[]> {
    const { buildsByBulkName } = await this.ledger();
    const all = new Set([...markers, ...Object.keys(buildsByBulkName)]);
    return [...all].filter((marker) => buildsByBulkName[marker]?.length !== 1);
  }

  private async post(what: string, records: readonly object[]): Promise<void> {
    const body = JSON.stringify(records);
    const response = await fetch(`${this.base}/${what}`, { method: 'POST', body });
    if (!response.ok) throw new Error(`The simulator refused: ${await response.text()}`);
  }
}
