import type { Lagoon } from '../lagoon.port';
import { CircuitBreaker } from './circuit-breaker';
import type { Clock } from './clock';
import { systemClock } from './clock';
import { CoreGate } from './core-gate';
import type { CoreObserver } from './core-observer';
import { NOBODY } from './core-observer';
import { GuardedLagoon } from './guarded.lagoon';
import type { CoreSettings, LagoonCore } from './lagoon-cores.port';
import { ReadRepeater } from './read-repeater';
import { RequestLimiter } from './request-limiter';
import { RetryBudget } from './retry-budget';

/** How a core is treated by every process alike. */
export interface GuardRules {
  /** End of one call with all its waiting and repeating, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly retryBudgetPercent: number;
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  readonly breakerLongestMs: number;
}

export interface CoreAgreement {
  readonly name: string;
  /** 0 for no limit. */
  readonly requestsPerSecond: number;
  readonly settings: CoreSettings;
}

export interface Surroundings {
  readonly observer?: CoreObserver;
  readonly clock?: Clock;
}

/** Puts a Lagoon behind a gate of its own. */
export function guardedCore(
  lagoon: Lagoon,
  { name, requestsPerSecond, settings }: CoreAgreement,
  rules: GuardRules,
  { observer = NOBODY, clock = systemClock }: Surroundings = {},
): LagoonCore {
  const breaker = new CircuitBreaker(
    {
      core: name,
      failures: rules.breakerFailures,
      openMs: rules.breakerOpenMs,
      longestMs: rules.breakerLongestMs,
    },
    clock,
    (state) => observer.onBreaker(state),
  );
  const gate = new CoreGate({
    breaker,
    limiter: new RequestLimiter(requestsPerSecond, clock),
    repeater: new ReadRepeater(new RetryBudget(rules.retryBudgetPercent, clock), clock),
    observer,
    clock,
    timeoutMs: rules.callTimeoutMs,
  });
  return { name, lagoon: new GuardedLagoon(lagoon, gate), breaker, settings };
}
