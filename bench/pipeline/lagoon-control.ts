import type { LedgerPage, PlacedEnvironment } from '../../tools/lagoon-simulator/src';
import type { BenchInstance } from './uplift-client';

/** Few enough for one request body. */
const PLACED_AT_ONCE = 500;

export interface MarkedBuild {
  readonly project: string;
  readonly environment: string;
  /** The marker. */
  readonly bulkName: string;
}

/** What the simulated Lagoon offers beside Lagoon's own API. */
export class LagoonControl {
  private readonly origin: string;

  constructor(graphqlUrl: string) {
    this.origin = new URL(graphqlUrl).origin;
  }

  async place(fleet: readonly BenchInstance[]): Promise<readonly PlacedEnvironment[]> {
    const specs = fleet.map(({ project, environment }) => ({ project, environment }));
    return this.inParts<PlacedEnvironment>('environments', specs);
  }

  /** Builds that go on from now under the markers given; answers their names. */
  build(builds: readonly MarkedBuild[]): Promise<readonly string[]> {
    return this.inParts<string>('builds', builds);
  }

  async advance(advanceSeconds: number): Promise<void> {
    await this.control('clock', { method: 'POST', body: JSON.stringify({ advanceSeconds }) });
  }

  /** Requests since the start or the last clearing, by operation. */
  async ledger(): Promise<LedgerPage> {
    const response = await this.control('ledger?calls=0', {});
    return (await response.json()) as LedgerPage;
  }

  async clearLedger(): Promise<void> {
    await this.control('ledger', { method: 'DELETE' });
  }

  private async inParts<T>(path: 'environments' | 'builds', specs: readonly object[]) {
    const answers: T[] = [];
    for (let from = 0; from < specs.length; from += PLACED_AT_ONCE) {
      const body = JSON.stringify(specs.slice(from, from + PLACED_AT_ONCE));
      const response = await this.control(path, { method: 'POST', body });
      answers.push(...((await response.json()) as Record<typeof path, T[]>)[path]);
    }
    return answers;
  }

  private async control(path: string, request: RequestInit): Promise<Response> {
    const response = await fetch(`${this.origin}/control/${path}`, request);
    if (!response.ok) throw new Error(`The simulator answered: ${await response.text()}`);
    return response;
  }
}
