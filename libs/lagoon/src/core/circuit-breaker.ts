import type { CircuitBreakerPolicy, IBackoff } from 'cockatiel';
import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleWhen,
} from 'cockatiel';
import type { Clock } from './clock';
import { LagoonCircuitOpenError } from './core.errors';
import type { BreakerState, CoreBreaker } from './lagoon-cores.port';
import type { MutationAnswer } from './outage';
import { isAnsweredError, isOutageAnswer, isOutageError } from './outage';

export interface BreakerOptions {
  readonly core: string;
  /** Outages in a row that open it. */
  readonly failures: number;
  /** First time it stays open; doubles, with jitter, up to the longest. */
  readonly openMs: number;
  readonly longestMs: number;
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
  private period: IBackoff<unknown> | null = null;
  private opensUntil = 0;

  constructor(
    private readonly options: BreakerOptions,
    private readonly clock: Clock,
    private readonly onChange: (state: BreakerState) => void = () => undefined,
  ) {
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
    const isTrialDue = state === 'open' && this.clock.monotonic() >= this.opensUntil;
    if (state === 'closed' || isTrialDue) return;
    throw new LagoonCircuitOpenError(this.options.core, this.openSince ?? this.clock.wall());
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

  /** Runs the mutation; only while closed, for a mutation is no trial. */
  async mutate<A extends MutationAnswer>(work: () => Promise<A>, isGivenUp: () => boolean) {
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
      this.period = null;
    }
    this.onChange(state);
  }

  private opened(): void {
    const { openMs, longestMs } = this.options;
    const backoff = { initialDelay: openMs, maxDelay: longestMs, generator: halfJitterGenerator };
    this.period = this.period?.next(undefined) ?? new ExponentialBackoff(backoff).next();
    this.opensUntil = this.clock.monotonic() + this.period.duration;
    this.openSince ??= this.clock.wall();
  }
}
