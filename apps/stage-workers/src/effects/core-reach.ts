import type { LagoonCore } from '@uplift/lagoon';
import { LagoonCircuitOpenError } from '@uplift/lagoon';

/** Throws LagoonCircuitOpenError if the core is believed to be away. */
export function assertReachable({ name, breaker }: LagoonCore): void {
  if (breaker.state !== 'closed' && breaker.openSince !== null) {
    throw new LagoonCircuitOpenError(name, breaker.openSince);
  }
}

/**
 * The same, after a try whether the core is back, if it is time for one: another worker may have been told so long
 * before anybody here asks.
 */
export async function proveReachable(core: LagoonCore, signal?: AbortSignal): Promise<void> {
  if (core.breaker.state !== 'closed') await core.lagoon.ping(signal);
  assertReachable(core);
}
