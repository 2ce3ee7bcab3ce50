import type { CircuitBreakerPolicy, IBreaker } from 'cockatiel';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { Clock, Randomness } from '@uplift/runtime';
import { Backoff } from '@uplift/runtime';
import {
  LagoonCircuitOpenError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.outcomes';
import type { CallAnswer, CoreOutage } from '../lagoon.outcomes';
import type { BreakerState, CoreBreaker } from './lagoon-cores';

export interface BreakerOptions {
  readonly core: string;
  /** Outages in a row that open it. */
  readonly failures: number;
  /** First time it stays open; doubles, with jitter, up to the longest. */
  readonly openMs: number;
  readonly longestMs: number;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly onChange: (state: BreakerState, outage: CoreOutage | null) => void;
}

/** Carries an answer that means an outage through the policy. */
class OutageSeen extends Error {
  constructor(
    readonly answer: unknown,
    readonly means: CoreOutage['cause'],
  ) {
    super('outage');
  }
}

/** A token that is refused for as long as this, although there was time to renew it, is refused until further notice. */
const TOKEN_PATIENCE_MS = 1_000;
/** A refusal that nothing followed for as long as this belongs to no other. */
const REFUSAL_FORGOTTEN_MS = 60_000;

/** Refusals of a token since one was accepted. */
interface TokenRefusals {
  /** Monotonic times. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Opens after so many outages in a row, or at once when told that waiting for more is no use. */
class OutagesInARow implements IBreaker {
  state: unknown;
  isCertain = false;
  private readonly inARow: ConsecutiveBreaker;

  constructor(failures: number) {
    this.inARow = new ConsecutiveBreaker(failures);
  }

  success(): void {
    this.inARow.success();
  }

  failure(): boolean {
    const isCertain = this.isCertain;
    this.isCertain = false;
    return this.inARow.failure() || isCertain;
  }
}

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Holds everything back while a core is away or refuses the token, but for one read at a time that tries whether it is
 * back. A single refused token says nothing: it is renewed, and the request repeated, by whoever sends it.
 */
export class CircuitBreaker implements CoreBreaker {
  outage: CoreOutage | null = null;
  private readonly policy: CircuitBreakerPolicy;
  private readonly inARow: OutagesInARow;
  private readonly abandoned = new WeakSet<Error>();
  private readonly periods: Backoff;
  private opensUntil = 0;
  /** Of the newest failure that counted. */
  private cause: CoreOutage['cause'] = 'unreachable';
  private refused: TokenRefusals | null = null;

  constructor(private readonly options: BreakerOptions) {
    const { openMs: firstMs, longestMs, randomness } = options;
    this.periods = new Backoff(randomness, { firstMs, longestMs });
    this.inARow = new OutagesInARow(options.failures);
    this.policy = circuitBreaker(
      handleWhen((error) => this.counts(error)),
      {
        breaker: this.inARow,
        // The policy's own waiting follows the wall clock, which may jump: it never waits, `opensUntil` does.
        halfOpenAfter: Number.NEGATIVE_INFINITY,
      },
    );
    this.policy.onStateChange(() => this.changed());
  }

  get state(): BreakerState {
    return STATES[this.policy.state];
  }

  /** @throws LagoonCircuitOpenError if a read would not be sent */
  admitRead(): void {
    const { state } = this;
    const isTrialDue = state === 'open' && this.options.clock.monotonic() >= this.opensUntil;
    if (state === 'closed' || isTrialDue) return;
    throw new LagoonCircuitOpenError(this.options.core, this.assumedOutage);
  }

  /** What holds a request back that is held back now. */
  get assumedOutage(): CoreOutage {
    const now = this.options.clock.wall();
    return this.outage ?? { cause: this.cause, since: now, noticedAt: now };
  }

  /** Runs the read. One that its caller gave up says nothing about the core, unless it was the trial. */
  async read<T>(work: () => Promise<T>, isGivenUp: () => boolean): Promise<T> {
    const isTrial = this.state !== 'closed';
    const sentAt = this.options.clock.monotonic();
    const outcome = await this.policy.execute(async () => {
      try {
        const value = await work();
        this.refused = null;
        return { value };
      } catch (error) {
        if (error instanceof LagoonRefusedError) this.refused = null;
        if (isAnsweredError(error) && !this.isTokenLost(error, sentAt, isTrial)) return { error };
        if (isOutageError(error) && !isTrial && isGivenUp()) this.abandoned.add(error);
        throw error;
      }
    });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Runs the call; only while closed, for a call is no trial. */
  async call<A extends CallAnswer>(work: () => Promise<A>, isGivenUp: () => boolean) {
    const sentAt = this.options.clock.monotonic();
    try {
      return await this.policy.execute(async () => {
        const answer = await work();
        const cause = this.outageIn(answer, sentAt, isGivenUp());
        if (cause !== null) throw new OutageSeen(answer, cause);
        return answer;
      });
    } catch (error) {
      if (error instanceof OutageSeen) return error.answer as A;
      throw error;
    }
  }

  private outageIn(
    answer: CallAnswer,
    sentAt: number,
    isGivenUp: boolean,
  ): CoreOutage['cause'] | null {
    if (isOutageAnswer(answer, isGivenUp)) return 'unreachable';
    if (answer.kind === 'refused' && answer.cause === 'unauthenticated') {
      return this.isRefusedForLong(sentAt) ? 'credentials' : null;
    }
    if (answer.kind === 'accepted') this.refused = null;
    return null;
  }

  private isTokenLost(error: unknown, sentAt: number, isTrial: boolean): boolean {
    if (!(error instanceof LagoonUnauthenticatedError)) return false;
    return this.isRefusedForLong(sentAt) || isTrial;
  }

  /** Whether a request that was refused had been sent long after another one was. */
  private isRefusedForLong(sentAt: number): boolean {
    const { clock } = this.options;
    const lastAt = clock.monotonic();
    const known = lastAt - (this.refused?.lastAt ?? 0) < REFUSAL_FORGOTTEN_MS ? this.refused : null;
    const { firstAt, since } = known ?? { firstAt: lastAt, since: clock.wall() };
    this.refused = { firstAt, since, lastAt };
    return sentAt - firstAt >= TOKEN_PATIENCE_MS;
  }

  private counts(error: Error): boolean {
    const cause = causeIn(error);
    if (cause === null || this.abandoned.has(error)) return false;
    this.cause = cause;
    this.inARow.isCertain = cause === 'credentials';
    return true;
  }

  private changed(): void {
    const { state } = this;
    if (state === 'open') this.opened();
    if (state === 'closed') {
      this.outage = null;
      this.periods.reset();
    }
    this.options.onChange(state, this.outage);
  }

  private opened(): void {
    const { options, cause, outage, refused } = this;
    const noticedAt = options.clock.wall();
    this.opensUntil = options.clock.monotonic() + this.periods.next();
    const begunAt = (cause === 'credentials' ? refused?.since : undefined) ?? noticedAt;
    const since = outage?.cause === cause ? outage.since : begunAt;
    this.outage = { cause, since, noticedAt };
  }
}

function causeIn(error: Error): CoreOutage['cause'] | null {
  if (error instanceof OutageSeen) return error.means;
  if (error instanceof LagoonUnauthenticatedError) return 'credentials';
  return isOutageError(error) ? 'unreachable' : null;
}

// How the evidence of a call starts when Lagoon did not answer, or something in front of it did.
const NO_LAGOON = /^(?:no answer|HTTP 5\d\d|HTTP 429)\b/;

/** The call met no Lagoon that works; one that its caller gave up before it was sent met nothing. */
function isOutageAnswer(answer: CallAnswer, isGivenUp: boolean): boolean {
  if (answer.kind === 'ambiguous') return NO_LAGOON.test(answer.evidence);
  return answer.kind === 'refused' && answer.cause === 'not-sent' && !isGivenUp;
}

/** The read met no Lagoon that works. */
export function isOutageError(error: unknown): error is LagoonUnavailableError {
  return error instanceof LagoonUnavailableError;
}

/** The read met a Lagoon that works and said no. */
function isAnsweredError(error: unknown): boolean {
  return error instanceof LagoonRefusedError || error instanceof LagoonUnauthenticatedError;
}
