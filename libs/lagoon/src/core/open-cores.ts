import { GraphqlLagoon } from '../graphql/graphql.lagoon';
import { TellingTokenSource } from '../token/telling.token-source';
import type { TokenOrigin } from '../token/token-origin';
import { tokenSourceOf } from '../token/token-origin';
import type { CoreObserver } from './core-observer';
import type { CoreAgreement, GuardRules } from './guarded-core';
import { guardedCore } from './guarded-core';
import type { LagoonCore, LagoonCores } from './lagoon-cores.port';
import { NamedLagoonCores } from './named.lagoon-cores';
import { SingleLagoonCore } from './single.lagoon-cores';

/** All it takes to speak to one core. */
export interface CoreOptions extends CoreAgreement {
  /** Address of its GraphQL API. */
  readonly url: string;
  readonly token: TokenOrigin;
}

/** One core for every name, or each core under its own name. */
export type ConfiguredCores =
  { readonly forEveryName: CoreOptions } | { readonly byName: readonly CoreOptions[] };

export type ObserverOf = (core: string) => CoreObserver;

/** Connects nothing yet. Throws TypeError for an address that is not https, nor http on loopback. */
export function openCores(
  configured: ConfiguredCores,
  rules: GuardRules,
  observerOf: ObserverOf,
): LagoonCores {
  const open = (core: CoreOptions) => opened(core, rules, observerOf(core.name));
  if ('forEveryName' in configured) return new SingleLagoonCore(open(configured.forEveryName));
  return new NamedLagoonCores(configured.byName.map(open));
}

function opened(core: CoreOptions, rules: GuardRules, observer: CoreObserver): LagoonCore {
  const { url, token } = core;
  const source = new TellingTokenSource(tokenSourceOf(token), (why) =>
    observer.onTokenFailure(why),
  );
  const endpoint = { url, token: source, timeoutMs: rules.callTimeoutMs };
  return guardedCore(new GraphqlLagoon(endpoint), core, rules, { observer });
}
