import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { UnknownCoreError } from '@uplift/lagoon';

/** What was agreed with the operators of one core; 0 means no limit. */
export interface CoreLimits {
  /** Of the core itself: several names may stand for one. */
  readonly name: string;
  readonly triggersPerHour: number;
  readonly triggerBurst: number;
  readonly buildsInFlight: number;
}

/** Limits by the name an instance gives its core; null where nothing is limited or nothing is known. */
export type LimitsOf = (core: string) => CoreLimits | null;

export function limitsFrom(cores: LagoonCores): LimitsOf {
  return (name) => {
    const core = knownCore(cores, name);
    if (core === null) return null;
    if (!isLimited(core)) return null;
    const { triggersPerHour, triggerBurst, buildsInFlight } = core.settings;
    return { name: core.name, triggersPerHour, triggerBurst, buildsInFlight };
  };
}

/** The limits of all names, also of those that no core has of its own: with others the same events lead elsewhere. */
export function limitsBasis(cores: LagoonCores): unknown {
  const limitsOf = limitsFrom(cores);
  return ['', ...cores.names].map((name) => [name, limitsOf(name)]);
}

export function isLimited({ settings }: LagoonCore): boolean {
  return settings.triggersPerHour > 0 || settings.buildsInFlight > 0;
}

/** Null for a core that is not configured here. */
export function knownCore(cores: LagoonCores, name: string): LagoonCore | null {
  try {
    return cores.of(name);
  } catch (error) {
    if (error instanceof UnknownCoreError) return null;
    throw error;
  }
}
