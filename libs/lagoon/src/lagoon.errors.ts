import type { RefusalCause } from './lagoon.outcomes';

/** Lagoon could not be reached, did not answer in time, or answered 5xx: a read may be repeated. */
export class LagoonUnavailableError extends Error {
  readonly code = 'lagoon-unavailable';
}

/** Lagoon understood the read and said no. */
export class LagoonRefusedError extends Error {
  readonly code = 'lagoon-refused';
  constructor(
    readonly refusal: RefusalCause,
    readonly reason: string,
    readonly retryable: boolean,
  ) {
    super(`Lagoon refused: ${reason}`);
  }
}

/** The token was not accepted, or there is none. */
export class LagoonUnauthenticatedError extends Error {
  readonly code = 'lagoon-unauthenticated';
}

/** Lagoon answered in a shape that this version does not know; the shape is redacted. */
export class LagoonAnswerError extends Error {
  readonly code = 'lagoon-answer';
  constructor(readonly evidence: string) {
    super(`Lagoon answered in an unknown shape: ${evidence}`);
  }
}

export type LagoonReadError =
  LagoonUnavailableError | LagoonRefusedError | LagoonUnauthenticatedError | LagoonAnswerError;

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
