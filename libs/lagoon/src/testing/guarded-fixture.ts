import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { InMemoryLagoon } from './in-memory.lagoon';
import { systemClock, systemRandomness } from '@uplift/runtime';
import type { BreakerState, LagoonCore } from '../core/lagoon-cores';
import type { GuardRules } from '../core/open-cores';
import { guardedCore } from '../core/open-cores';
import type { CoreObserver, ObservedRequest } from '../core/resilience-policy';
import { UNLIMITED } from './unguarded-core';

export const RULES: GuardRules = {
  callTimeoutMs: 20_000,
  retryBudgetPercent: 10,
  breakerFailures: 5,
  breakerOpenMs: 10_000,
  breakerLongestMs: 60_000,
};

export const CONTEXT = { clock: systemClock, randomness: systemRandomness };

export const NOBODY: CoreObserver = {
  onRequest: () => undefined,
  onBreaker: () => undefined,
  onTokenFailure: () => undefined,
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

export interface GuardedFixture {
  readonly inner: InMemoryLagoon;
  readonly clock: VirtualClock;
  readonly observer: NotingObserver;
  readonly core: LagoonCore;
}

export interface FixtureOptions {
  readonly inner?: InMemoryLagoon;
  readonly requestsPerSecond?: number;
  readonly rules?: Partial<GuardRules>;
}

/** A Lagoon in memory behind a resilience policy, in time that a spec moves. */
export function guardedFixture(options: FixtureOptions = {}): GuardedFixture {
  const clock = new VirtualClock();
  const { inner = new InMemoryLagoon({ clock }), requestsPerSecond = 0, rules } = options;
  const observer = new NotingObserver();
  const agreement = { name: 'core-a', requestsPerSecond, settings: UNLIMITED };
  const context = { clock, observer, randomness: new SeededRandomness(1) };
  const core = guardedCore(inner, agreement, { ...RULES, ...rules }, context);
  return { inner, clock, observer, core };
}
