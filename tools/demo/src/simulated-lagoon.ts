import type { LedgerPage } from '../../lagoon-simulator/src';
import type { DemoInstance } from './fleet';

/** The demo's side door into the simulated Lagoon: places environments and reads the ledger. */
export class SimulatedLagoon {
  private readonly base: string;

  constructor(graphqlUrl: string) {
    this.base = new URL(graphqlUrl).origin;
  }

  async place(fleet: readonly DemoInstance[]): Promise<void> {
    const environments = fleet.map(({ project, environment, isDoomed }) => ({
      project,
      environment,
      failBuild: isDoomed,
    }));
    const body = JSON.stringify(environments);
    const response = await fetch(`${this.base}/control/environments`, { method: 'POST', body });
    if (!response.ok) throw new Error(`The simulator refused the fleet: ${await response.text()}`);
  }

  async ledger(): Promise<LedgerPage> {
    const response = await fetch(`${this.base}/control/ledger?calls=1`);
    return (await response.json()) as LedgerPage;
  }
}
