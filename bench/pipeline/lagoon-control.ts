import type { LedgerPage, PlacedEnvironment } from '../../tools/lagoon-simulator/src';
import type { BenchInstance } from './uplift-client';

/** Few enough for one request body. */
const PLACED_AT_ONCE = 500;

/** What the simulated Lagoon offers beside Lagoon's own API. */
export class LagoonControl {
  private readonly origin: string;

  constructor(graphqlUrl: string) {
    this.origin = new URL(graphqlUrl).origin;
  }

  async place(fleet: readonly BenchInstance[]): Promise<readonly PlacedEnvironment[]> {
    const placed: PlacedEnvironment[] = [];
    for (let from = 0; from < fleet.length; from += PLACED_AT_ONCE) {
      const specs = fleet
        .slice(from, from + PLACED_AT_ONCE)
        .map(({ project, environment }) => ({ project, environment }));
      const request = { method: 'POST', body: JSON.stringify(specs) };
      const response = await this.control('environments', request);
      const { environments } = (await response.json()) as { environments: PlacedEnvironment[] };
      placed.push(...environments);
    }
    return placed;
  }

  /** Requests since the start or the last clearing, by operation. */
  async ledger(): Promise<LedgerPage> {
    const response = await this.control('ledger?calls=0', {});
    return (await response.json()) as LedgerPage;
  }

  async clearLedger(): Promise<void> {
    await this.control('ledger', { method: 'DELETE' });
  }

  private async control(path: string, request: RequestInit): Promise<Response> {
    const response = await fetch(`${this.origin}/control/${path}`, request);
    if (!response.ok) throw new Error(`The simulator answered: ${await response.text()}`);
    return response;
  }
}
