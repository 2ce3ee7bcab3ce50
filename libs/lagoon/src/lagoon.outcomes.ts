/** Why Lagoon said no, in our words; `reason` beside it is Lagoon's own text, redacted and cut. */
export type RefusalCause =
  | 'permission'
  | 'not-found'
  | 'configuration'
  | 'disabled'
  | 'quota'
  | 'unauthenticated'
  | 'invalid-request'
  | 'not-cancellable'
  | 'not-sent';

export interface Refused {
  readonly kind: 'refused';
  readonly cause: RefusalCause;
  readonly reason: string;
  /** True if the same call may be accepted later without anybody changing Lagoon's configuration. */
  readonly retryable: boolean;
}

/** A refusal that stays one until somebody changes something. */
export function finalRefusal(cause: RefusalCause, reason: string): Refused {
  return { kind: 'refused', cause, reason, retryable: false };
}

/** A refusal of a call that may be accepted later as it is. */
export function passingRefusal(cause: RefusalCause, reason: string): Refused {
  return { kind: 'refused', cause, reason, retryable: true };
}

/** Nobody can tell from this answer whether the effect happened: look up before anything else. */
export interface Ambiguous {
  readonly kind: 'ambiguous';
  /** Redacted shape of what came back, at most 500 characters. */
  readonly evidence: string;
}

export interface DeployAccepted {
  readonly kind: 'accepted';
  readonly buildName: string;
}

export interface TaskAccepted {
  readonly kind: 'accepted';
  readonly taskId: number;
  readonly taskName: string | null;
}

/** Lagoon took the call; what it does with it shows only in later reads. */
export interface Accepted {
  readonly kind: 'accepted';
}

/** What every call that changes something answers. */
export type CallAnswer = Accepted | Refused | Ambiguous;

export type DeployAnswer = DeployAccepted | Refused | Ambiguous;
export type TaskAnswer = TaskAccepted | Refused | Ambiguous;

/** Lagoon could not be reached, did not answer in time, or answered 5xx: a read may be repeated. */
export class LagoonUnavailableError extends Error {
  readonly code = 'lagoon-unavailable';
}

/** Lagoon understood the read and said no. */
export class LagoonRefusedError extends Error {
  readonly code = 'lagoon-refused';
  constructor(readonly refusal: Refused) {
    super(`Lagoon refused: ${refusal.reason}`);
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

/** The read never left this process. */
export class LagoonHeldBackError extends LagoonUnavailableError {
  override readonly name: string = 'LagoonHeldBackError';
}

/** Why nothing is sent to a core. Times in milliseconds since 1970. */
export interface CoreOutage {
  /** `credentials`: it answers, but accepts no token that can be had. */
  readonly cause: 'unreachable' | 'credentials';
  readonly since: number;
  /** When it was last seen to last. */
  readonly noticedAt: number;
}

export function describeOutage({ cause, since }: CoreOutage): string {
  const what = cause === 'credentials' ? 'has refused the token' : 'has been away';
  return `${what} since ${new Date(since).toISOString()}`;
}

/** The read was not sent because the core is believed to be away, or to refuse the token. */
export class LagoonCircuitOpenError extends LagoonHeldBackError {
  override readonly name = 'LagoonCircuitOpenError';

  constructor(
    readonly core: string,
    readonly outage: CoreOutage,
  ) {
    super(`The Lagoon core "${core}" ${describeOutage(outage)}`);
  }
}
