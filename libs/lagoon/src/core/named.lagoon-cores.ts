import type { LagoonCore } from './lagoon-cores.port';
import { LagoonCores, UnknownCoreError } from './lagoon-cores.port';

/** Several cores, each under its own name. */
export class NamedLagoonCores extends LagoonCores {
  private readonly cores: ReadonlyMap<string, LagoonCore>;

  constructor(cores: readonly LagoonCore[]) {
    super();
    this.cores = new Map(cores.map((core) => [core.name, core]));
  }

  get names(): readonly string[] {
    return [...this.cores.keys()];
  }

  of(name: string): LagoonCore {
    const core = this.cores.get(name);
    if (core === undefined) throw new UnknownCoreError(name);
    return core;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.cores.values()].map(({ lagoon }) => lagoon.close()));
  }
}
