import { LagoonUnavailableError } from '../lagoon.errors';

/** The read never left this process. */
export class LagoonHeldBackError extends LagoonUnavailableError {
  override readonly name: string = 'LagoonHeldBackError';
}

/** The read was not sent because the core is believed to be away. */
export class LagoonCircuitOpenError extends LagoonHeldBackError {
  override readonly name = 'LagoonCircuitOpenError';

  constructor(
    readonly core: string,
    /** Milliseconds since 1970. */
    readonly since: number,
  ) {
    super(`The Lagoon core "${core}" has been away since ${new Date(since).toISOString()}`);
  }
}
