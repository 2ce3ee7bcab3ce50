export { LagoonCircuitOpenError, LagoonHeldBackError } from './core.errors';
export * from './lagoon-cores.port';
export { NamedLagoonCores } from './named.lagoon-cores';
export { SingleLagoonCore } from './single.lagoon-cores';
export { DEFAULT_CORE, UNLIMITED, unguardedCore } from './unguarded-core';
