import type { LagoonCore } from './lagoon-cores.port';
import { LagoonCores } from './lagoon-cores.port';

/** One core that serves every name. */
export class SingleLagoonCore extends LagoonCores {
  readonly names: readonly string[];

  constructor(private readonly core: LagoonCore) {
    super();
    this.names = [core.name];
  }

  of(): LagoonCore {
    return this.core;
  }

  close(): Promise<void> {
    return this.core.lagoon.close();
  }
}
