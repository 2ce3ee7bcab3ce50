import type { CircuitBreakerPolicy } from 'cockatiel';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { Clock, Randomness } from '@uplift/runtime';
import { Backoff } from '@uplift/runtime';
import {
  LagoonCircuitOpenError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.outcomes';
import type { CallAnswer } from '../lagoon.outcomes';
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
  readonly onChange: (state: BreakerState) => void;
}

/** Carries an answer that means an outage through the policy. */
class OutageSeen extends Error {
  constructor(readonly answer: unknown) {
    super('outage');
  }
}

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/** Holds everything back while a core is away, but for one read at a time that tries whether it is back. */
export class CircuitBreaker implements CoreBreaker {
  openSince: number | null = null;
  private readonly policy: CircuitBreakerPolicy;
  private readonly abandoned = new WeakSet<Error>();
  private readonly periods: Backoff;
  private opensUntil = 0;

  constructor(private readonly options: BreakerOptions) {
    const { openMs: firstMs, longestMs, randomness } = options;
    this.periods = new Backoff(randomness, { firstMs, longestMs });
    const counts = (error: Error) =>
      error instanceof OutageSeen || (isOutageError(error) && !this.abandoned.has(error));
    this.policy = circuitBreaker(handleWhen(counts), {
      breaker: new ConsecutiveBreaker(options.failures),
      // The policy's own waiting follows the wall clock, which may jump: it never waits, `opensUntil` does.
      halfOpenAfter: Number.NEGATIVE_INFINITY,
    });
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
    throw new LagoonCircuitOpenError(
      this.options.core,
      this.openSince ?? this.options.clock.wall(),
    );
  }

  /** Runs the read. One that its caller gave up says nothing about the core, unless it was the trial. */
  async read<T>(work: () => Promise<T>, isGivenUp: () => boolean): Promise<T> {
    const isTrial = this.state !== 'closed';
    const outcome = await this.policy.execute(async () => {
      try {
        return { value: await work() };
      } catch (error) {
        if (isAnsweredError(error)) return { error };
        if (isOutageError(error) && !isTrial && isGivenUp()) this.abandoned.add(error);
        throw error;
      }
    });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Runs the call; only while closed, for a call is no trial. */
  async call<A extends CallAnswer>(work: () => Promise<A>, isGivenUp: () => boolean) {
    try {
      return await this.policy.execute(async () => {
        const answer = await work();
        if (isOutageAnswer(answer, isGivenUp())) throw new OutageSeen(answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof OutageSeen) return error.answer as A;
      throw error;
    }
  }

  private changed(): void {
    const { state } = this;
    if (state === 'open') this.opened();
    if (state === 'closed') {
      this.openSince = null;
      this.periods.reset();
    }
    this.options.onChange(state);
  }

  private opened(): void {
    const { clock } = this.options;
    this.opensUntil = clock.monotonic() + this.periods.next();
    this.openSince ??= clock.wall();
  }
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
