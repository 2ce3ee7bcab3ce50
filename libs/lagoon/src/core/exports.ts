export { LagoonCircuitOpenError, LagoonHeldBackError } from './core.errors';
export * from './lagoon-cores.port';
export { NamedLagoonCores } from './named.lagoon-cores';
export { SingleLagoonCore } from './single.lagoon-cores';
export { DEFAULT_CORE, UNLIMITED, unguardedCore } from './unguarded-core';
export type { CoreObserver, ObservedRequest, RequestClass } from './core-observer';
export { guardedCore } from './guarded-core';
export type { CoreAgreement, GuardRules, Surroundings } from './guarded-core';
