export * from './deployment-phase';
export * from './health/health-probe.port';
export * from './lagoon.errors';
export * from './lagoon.port';
export * from './lagoon.types';
export { GraphqlLagoon } from './graphql/graphql.lagoon';
export type { GraphqlEndpoint, LagoonTokenProvider } from './graphql/graphql-transport';
