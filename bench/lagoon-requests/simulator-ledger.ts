import type { LedgerPage, PlacedEnvironment } from '../../tools/lagoon-simulator/src';
import type { BenchInstance } from '../pipeline/fleet';

/** What the simulated Lagoon was asked for, by operation. */
export class SimulatorLedger {
  private readonly origin: string;

  constructor(graphqlUrl: string) {
    this.origin = new URL(graphqlUrl).origin;
  }

  async clear(): Promise<void> {
    await this.control('ledger', { method: 'DELETE' });
  }

  async page(): Promise<LedgerPage> {
    const response = await this.control('ledger?calls=0', {});
    return (await response.json()) as LedgerPage;
  }

  async place(fleet: readonly BenchInstance[]): Promise<readonly PlacedEnvironment[]> {
    const body = JSON.stringify(
      fleet.map(({ project, environment }) => ({ project, environment })),
    );
    const response = await this.control('environments', { method: 'POST', body });
    const { environments } = (await response.json()) as { environments: PlacedEnvironment[] };
    return environments;
  }

  private async control(path: string, request: RequestInit): Promise<Response> {
    const response = await fetch(`${this.origin}/control/${path}`, request);
    if (!response.ok) throw new Error(`The simulator answered: ${await response.text()}`);
    return response;
  }
}
