import type { Lagoon } from '../lagoon.port';
import { DEFAULT_CORE } from '../core/lagoon-cores';
import type { CoreSettings, LagoonCore } from '../core/lagoon-cores';

/** No limit on anything. */
export const UNLIMITED: CoreSettings = {
  triggersPerHour: 0,
  triggerBurst: 1,
  buildsInFlight: 0,
  platformRole: false,
  probeSuffixes: [],
};

/** A core whose Lagoon is used as it is and that never counts as away: for a Lagoon in memory. */
export function unguardedCore(lagoon: Lagoon, changes: Partial<LagoonCore> = {}): LagoonCore {
  const breaker = { state: 'closed', outage: null } as const;
  return { name: DEFAULT_CORE, lagoon, breaker, settings: UNLIMITED, ...changes };
}
