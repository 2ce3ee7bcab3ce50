import type { LagoonCore } from '@uplift/lagoon';
import { LagoonCircuitOpenError } from '@uplift/lagoon';

/** Throws LagoonCircuitOpenError if the core is believed to be away. */
export function assertReachable({ name, breaker }: LagoonCore): void {
  if (breaker.state !== 'closed' && breaker.openSince !== null) {
    throw new LagoonCircuitOpenError(name, breaker.openSince);
  }
}
