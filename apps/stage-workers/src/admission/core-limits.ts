import type { LagoonCores } from '@uplift/lagoon';
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
  return (core) => {
    try {
      const { name, settings } = cores.of(core);
      const { triggersPerHour, triggerBurst, buildsInFlight } = settings;
      if (triggersPerHour === 0 && buildsInFlight === 0) return null;
      return { name, triggersPerHour, triggerBurst, buildsInFlight };
    } catch (error) {
      if (error instanceof UnknownCoreError) return null;
      throw error;
    }
  };
}
