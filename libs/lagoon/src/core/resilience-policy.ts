import type { Clock } from '@uplift/runtime';
import type { CallDeadline } from '@uplift/outbound';
import { withDeadline } from '@uplift/outbound';
import {
  describeOutage,
  LagoonAnswerError,
  LagoonHeldBackError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
  passingRefusal,
} from '../lagoon.outcomes';
import type { CallAnswer, CoreOutage, Refused } from '../lagoon.outcomes';
import type { CircuitBreaker } from './circuit-breaker';
import type { BreakerState } from './lagoon-cores';
import type { ReadRetries } from './read-retries';
import type { RequestLimiter } from './request-limiter';

/** How one request ended. `held-back` and `not-sent`: it surely never reached Lagoon. */
export type RequestClass =
  | 'answered'
  | 'accepted'
  | 'refused'
  | 'unauthenticated'
  | 'ambiguous'
  | 'unknown-answer'
  | 'unavailable'
  | 'not-sent'
  | 'held-back'
  | 'broken';

export interface ObservedRequest {
  readonly operation: string;
  readonly class: RequestClass;
  readonly durationMs: number;
}

/** Is told what one core is asked and how it fares. */
export interface CoreObserver {
  onRequest(request: ObservedRequest): void;
  onBreaker(state: BreakerState, outage: CoreOutage | null): void;
  /** `reason` holds no secret. */
  onTokenFailure(reason: string): void;
}

export interface PolicyOptions {
  readonly breaker: CircuitBreaker;
  readonly limiter: RequestLimiter;
  readonly retries: ReadRetries;
  readonly observer: Pick<CoreObserver, 'onRequest'>;
  readonly clock: Clock;
  /** End of one operation with all its waiting and repeating, in milliseconds. */
  readonly timeoutMs: number;
}

type Send<T> = (signal: AbortSignal) => Promise<T>;

/** Sends requests to one core at the agreed pace, and only while the core is believed to be there. */
export class ResiliencePolicy {
  constructor(private readonly options: PolicyOptions) {}

  get clock(): Clock {
    return this.options.clock;
  }

  /** Repeats a read that found no Lagoon, as long as time and budget allow. */
  read<T>(operation: string, signal: AbortSignal | undefined, send: Send<T>): Promise<T> {
    const { breaker, limiter, retries } = this.options;
    return withDeadline(this.options, signal, (deadline) => {
      const once = async () => {
        breaker.admitRead();
        await limiter.turn('read', deadline.signal);
        breaker.admitRead();
        return breaker.read(
          () => send(deadline.signal),
          () => signal?.aborted === true,
        );
      };
      const observed = () => this.observed(operation, once, () => 'answered');
      return retries.run(observed, deadline.signal);
    });
  }

  /** Sends a call once or not at all. */
  call<A extends CallAnswer>(
    operation: string,
    signal: AbortSignal | undefined,
    send: Send<A>,
  ): Promise<A | Refused> {
    return withDeadline(this.options, signal, async (deadline) => {
      let held: Refused | null = null;
      const once = async () => {
        held = await this.heldBack(deadline);
        if (held !== null) return held;
        return this.options.breaker.call(
          () => send(deadline.signal),
          () => signal?.aborted === true,
        );
      };
      const classOf = (answer: CallAnswer) => (held === null ? classOfAnswer(answer) : 'held-back');
      return this.observed<A | Refused>(operation, once, classOf);
    });
  }

  /** Null: the call may be sent at this very moment. */
  private async heldBack(deadline: CallDeadline): Promise<Refused | null> {
    const { breaker, limiter } = this.options;
    if (breaker.state !== 'closed') return this.away();
    try {
      await limiter.turn('call', deadline.signal);
    } catch (error) {
      if (error instanceof LagoonHeldBackError) return notSent(error.message);
      throw error;
    }
    if (deadline.over) return notSent('the time was over before its turn came');
    return breaker.state === 'closed' ? null : this.away();
  }

  private away(): Refused {
    return notSent(`the core ${describeOutage(this.options.breaker.assumedOutage)}`);
  }

  private async observed<T>(
    operation: string,
    once: () => Promise<T>,
    classOf: (value: T) => RequestClass,
  ): Promise<T> {
    const { clock, observer } = this.options;
    const startedAt = clock.monotonic();
    const tell = (outcome: RequestClass) =>
      observer.onRequest({
        operation,
        class: outcome,
        durationMs: clock.monotonic() - startedAt,
      });
    try {
      const value = await once();
      tell(classOf(value));
      return value;
    } catch (error) {
      tell(classOfError(error));
      throw error;
    }
  }
}

const CLASSES = [
  [LagoonHeldBackError, 'held-back'],
  [LagoonUnavailableError, 'unavailable'],
  [LagoonRefusedError, 'refused'],
  [LagoonUnauthenticatedError, 'unauthenticated'],
  [LagoonAnswerError, 'unknown-answer'],
] as const;

function classOfError(error: unknown): RequestClass {
  return CLASSES.find(([type]) => error instanceof type)?.[1] ?? 'broken';
}

function classOfAnswer(answer: CallAnswer): RequestClass {
  if (answer.kind !== 'refused') return answer.kind;
  if (answer.cause === 'not-sent' || answer.cause === 'unauthenticated') return answer.cause;
  return 'refused';
}

function notSent(reason: string): Refused {
  return passingRefusal('not-sent', reason);
}
