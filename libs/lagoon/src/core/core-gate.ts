import { CallDeadline } from '../call-deadline';
import type { Ambiguous, Refused } from '../lagoon.outcomes';
import type { CircuitBreaker } from './circuit-breaker';
import type { Clock } from './clock';
import { LagoonHeldBackError } from './core.errors';
import type { CoreObserver } from './core-observer';
import { classOfAnswer, classOfError } from './core-observer';
import type { MutationAnswer } from './outage';
import { notSent } from './outage';
import type { ReadRepeater } from './read-repeater';
import type { RequestLimiter } from './request-limiter';

export interface GateParts {
  readonly breaker: CircuitBreaker;
  readonly limiter: RequestLimiter;
  readonly repeater: ReadRepeater;
  readonly observer: CoreObserver;
  readonly clock: Clock;
  /** End of one call with all its waiting and repeating, in milliseconds. */
  readonly timeoutMs: number;
}

type Sending<T> = (signal: AbortSignal) => Promise<T>;

/** The one door to a core: what passes it, passes at the agreed pace and only while the core is there. */
export class CoreGate {
  constructor(private readonly parts: GateParts) {}

  /** Repeats a read that found no Lagoon, as long as time and budget allow. */
  async read<T>(operation: string, signal: AbortSignal | undefined, send: Sending<T>): Promise<T> {
    const { breaker, limiter, repeater, timeoutMs } = this.parts;
    const deadline = new CallDeadline(timeoutMs, signal);
    const isGivenUp = () => signal?.aborted === true;
    const once = async () => {
      breaker.admitRead();
      await limiter.turn('read', deadline.signal);
      breaker.admitRead();
      return breaker.read(() => send(deadline.signal), isGivenUp);
    };
    try {
      const isAway = () => !this.isClosed;
      const read = () => this.observedRead(operation, once);
      return await repeater.run(read, { signal: deadline.signal, isAway });
    } finally {
      deadline.release();
    }
  }

  /** Sends a mutation once or not at all. */
  async mutate<A extends MutationAnswer>(
    operation: string,
    signal: AbortSignal,
    send: Sending<A | Refused | Ambiguous>,
  ): Promise<A | Refused | Ambiguous> {
    const deadline = new CallDeadline(this.parts.timeoutMs, signal);
    const startedAt = this.parts.clock.monotonic();
    try {
      const held = await this.heldBack(deadline);
      const isGivenUp = () => signal.aborted;
      const work = () => send(deadline.signal);
      const answer = held ?? (await this.parts.breaker.mutate(work, isGivenUp));
      const outcome = held === null ? classOfAnswer(answer) : 'held-back';
      this.tell(operation, outcome, startedAt);
      return answer;
    } finally {
      deadline.release();
    }
  }

  /** Null: the mutation may be sent at this very moment. */
  private async heldBack(deadline: CallDeadline): Promise<Refused | null> {
    if (!this.isClosed) return this.away();
    try {
      await this.parts.limiter.turn('mutation', deadline.signal);
    } catch (error) {
      if (error instanceof LagoonHeldBackError) return notSent(error.message);
      throw error;
    }
    if (deadline.over) return notSent('the time was over before its turn came');
    return this.isClosed ? null : this.away();
  }

  private get isClosed(): boolean {
    return this.parts.breaker.state === 'closed';
  }

  private away(): Refused {
    const since = new Date(this.parts.breaker.openSince ?? this.parts.clock.wall());
    return notSent(`the core has been away since ${since.toISOString()}`);
  }

  private async observedRead<T>(operation: string, once: () => Promise<T>): Promise<T> {
    const startedAt = this.parts.clock.monotonic();
    try {
      const value = await once();
      this.tell(operation, 'answered', startedAt);
      return value;
    } catch (error) {
      this.tell(operation, classOfError(error), startedAt);
      throw error;
    }
  }

  private tell(operation: string, outcome: ReturnType<typeof classOfError>, startedAt: number) {
    const durationMs = this.parts.clock.monotonic() - startedAt;
    this.parts.observer.onRequest({ operation, class: outcome, durationMs });
  }
}
