import type { Clock, Randomness } from '@uplift/runtime';
import { GraphqlLagoon } from '../graphql/graphql.lagoon';
import type { Lagoon } from '../lagoon.port';
import type { TokenOrigin } from '../token/token-origin';
import { tokenSourceOf } from '../token/token-origin';
import { LoggingTokenSource } from '../token/token-source';
import { CircuitBreaker } from './circuit-breaker';
import { guardedLagoon } from './guarded.lagoon';
import type { CoreSettings, LagoonCore, LagoonCores } from './lagoon-cores';
import { NamedLagoonCores, SingleLagoonCore } from './lagoon-cores';
import { ReadRetries, RetryBudget } from './read-retries';
import { RequestLimiter } from './request-limiter';
import type { CoreObserver } from './resilience-policy';
import { ResiliencePolicy } from './resilience-policy';

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

/** All it takes to speak to one core. */
export interface CoreOptions extends CoreAgreement {
  /** Address of its GraphQL API. */
  readonly url: string;
  readonly token: TokenOrigin;
}

/** One core for every name, or each core under its own name. */
export type ConfiguredCores =
  { readonly forEveryName: CoreOptions } | { readonly byName: readonly CoreOptions[] };

interface TimeAndChance {
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** What one core needs from the process it is used in. */
export interface CoreContext extends TimeAndChance {
  readonly observer: CoreObserver;
}

export interface CoresContext extends TimeAndChance {
  readonly observerOf: (core: string) => CoreObserver;
}

/** Connects nothing yet. Throws TypeError for an address that is not https, nor http on loopback. */
export function openCores(
  configured: ConfiguredCores,
  rules: GuardRules,
  { observerOf, ...timeAndChance }: CoresContext,
): LagoonCores {
  const open = (core: CoreOptions) =>
    opened(core, rules, { ...timeAndChance, observer: observerOf(core.name) });
  if ('forEveryName' in configured) return new SingleLagoonCore(open(configured.forEveryName));
  return new NamedLagoonCores(configured.byName.map(open));
}

function opened(core: CoreOptions, rules: GuardRules, context: CoreContext): LagoonCore {
  const { clock, observer } = context;
  const token = new LoggingTokenSource(tokenSourceOf(core.token, clock), (reason) =>
    observer.onTokenFailure(reason),
  );
  const endpoint = { url: core.url, token, timeoutMs: rules.callTimeoutMs };
  return guardedCore(new GraphqlLagoon(endpoint, clock), core, rules, context);
}

/** Puts a Lagoon behind a resilience policy of its own. */
export function guardedCore(
  lagoon: Lagoon,
  { name, requestsPerSecond, settings }: CoreAgreement,
  rules: GuardRules,
  { clock, randomness, observer }: CoreContext,
): LagoonCore {
  const breaker = new CircuitBreaker({
    core: name,
    failures: rules.breakerFailures,
    openMs: rules.breakerOpenMs,
    longestMs: rules.breakerLongestMs,
    clock,
    randomness,
    onChange: (state, outage) => observer.onBreaker(state, outage),
  });
  const budget = new RetryBudget(rules.retryBudgetPercent, clock);
  const isAway = () => breaker.state !== 'closed';
  const policy = new ResiliencePolicy({
    breaker,
    limiter: new RequestLimiter(requestsPerSecond, clock),
    retries: new ReadRetries({ budget, clock, randomness, isAway }),
    observer,
    clock,
    timeoutMs: rules.callTimeoutMs,
  });
  return { name, lagoon: guardedLagoon(lagoon, policy), breaker, settings };
}
