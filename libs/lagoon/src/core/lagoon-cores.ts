import type { CoreOutage } from '../lagoon.outcomes';
import type { Lagoon } from '../lagoon.port';

/** Name of the core that an instance means which names none. */
export const DEFAULT_CORE = 'default';

/** What one core may be asked for. Of numbers that limit, 0 means no limit. */
export interface CoreSettings {
  readonly triggersPerHour: number;
  /** Deployments that may be asked for at once after a quiet time. */
  readonly triggerBurst: number;
  readonly buildsInFlight: number;
  /** The token may set bulk ids and priorities on every deployment. */
  readonly platformRole: boolean;
  /** Host suffixes that health probes may go to; empty: every public host that the core names. */
  readonly probeSuffixes: readonly string[];
}

/** `half-open`: one read is under way to see whether the core is back; everybody else is still held back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Whether a core is believed to be there. */
export interface CoreBreaker {
  readonly state: BreakerState;
  /** What is known of the outage; null while closed. */
  readonly outage: CoreOutage | null;
}

/** One Lagoon core: the way to it, and what is known and agreed about it. */
export interface LagoonCore {
  readonly name: string;
  /** Guarded: paced, reads repeated within a budget, nothing sent while the core is away. */
  readonly lagoon: Lagoon;
  readonly breaker: CoreBreaker;
  readonly settings: CoreSettings;
}

/** Every Lagoon core this process may speak to. */
export abstract class LagoonCores {
  /** @throws UnknownCoreError */
  abstract of(core: string): LagoonCore;

  abstract readonly names: readonly string[];

  abstract close(): Promise<void>;
}

/** An instance names a core that this process has no address and token for. */
export class UnknownCoreError extends Error {
  readonly code = 'core-not-configured';

  constructor(readonly core: string) {
    super(`The Lagoon core "${core}" is not configured`);
    this.name = 'UnknownCoreError';
  }
}

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
