import type { LedgerPage } from '../../tools/lagoon-simulator/src';
import type { BenchInstance } from './fleet';

/** Few enough for one request body. */
const PLACED_AT_ONCE = 500;

/** The side door into the simulated Lagoon. */
export class BenchLagoon {
  private readonly origin: string;

  constructor(graphqlUrl: string) {
    this.origin = new URL(graphqlUrl).origin;
  }

  async place(fleet: readonly BenchInstance[]): Promise<void> {
    for (let from = 0; from < fleet.length; from += PLACED_AT_ONCE) {
      const environments = fleet
        .slice(from, from + PLACED_AT_ONCE)
        .map(({ project, environment }) => ({ project, environment }));
      await this.control('environments', { method: 'POST', body: JSON.stringify(environments) });
    }
  }

  /** Calls since the start. */
  async requests(): Promise<number> {
    const response = await this.control('ledger?calls=1', {});
    return ((await response.json()) as LedgerPage).total;
  }

  private async control(path: string, request: RequestInit): Promise<Response> {
    const response = await fetch(`${this.origin}/control/${path}`, request);
    if (!response.ok) throw new Error(`The simulator answered: ${await response.text()}`);
    return response;
  }
}
