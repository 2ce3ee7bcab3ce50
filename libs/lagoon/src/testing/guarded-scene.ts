import { InMemoryLagoon } from './in-memory.lagoon';
import type { CoreObserver, ObservedRequest } from '../core/core-observer';
import type { GuardRules } from '../core/guarded-core';
import { guardedCore } from '../core/guarded-core';
import type { BreakerState, LagoonCore } from '../core/lagoon-cores.port';
import { UNLIMITED } from './unguarded-core';
import { ManualClock } from './manual-clock';

export const RULES: GuardRules = {
  callTimeoutMs: 20_000,
  retryBudgetPercent: 10,
  breakerFailures: 5,
  breakerOpenMs: 10_000,
  breakerLongestMs: 60_000,
};

/** Notes what it is told. */
export class NotingObserver implements CoreObserver {
  readonly requests: ObservedRequest[] = [];
  readonly states: BreakerState[] = [];

  get classes(): string[] {
    return this.requests.map((request) => request.class);
  }

  onRequest(request: ObservedRequest): void {
    this.requests.push(request);
  }

  onBreaker(state: BreakerState): void {
    this.states.push(state);
  }

  onTokenFailure(): void {
    throw new Error('a Lagoon in memory needs no token');
  }
}

export interface GuardedScene {
  readonly inner: InMemoryLagoon;
  readonly clock: ManualClock;
  readonly observer: NotingObserver;
  readonly core: LagoonCore;
}

export interface SceneOptions {
  readonly inner?: InMemoryLagoon;
  readonly requestsPerSecond?: number;
  readonly rules?: Partial<GuardRules>;
}

/** A Lagoon in memory behind a gate, in time that a spec moves. */
export function guardedScene(options: SceneOptions = {}): GuardedScene {
  const { inner = new InMemoryLagoon(), requestsPerSecond = 0, rules } = options;
  const clock = new ManualClock();
  const observer = new NotingObserver();
  const agreement = { name: 'core-a', requestsPerSecond, settings: UNLIMITED };
  const core = guardedCore(inner, agreement, { ...RULES, ...rules }, { clock, observer });
  return { inner, clock, observer, core };
}
