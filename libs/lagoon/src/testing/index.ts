export * from './in-memory.health-probe';
export { InMemoryLagoon } from './in-memory.lagoon';
export type { InMemoryCall } from './in-memory.calls';
export type { EnvironmentFacts, LagoonScript, ScriptedAnswer } from './lagoon-script';
export * from './unguarded-core';
