export type { BuildTraits, StoredVariableRow } from '@uplift/lagoon/testing';
export { LAGOON_SDL } from './graphql/lagoon.sdl';
export type { BuildName, BuildSpec, EnvironmentSpec } from './http/control-schemas';
export type { FaultSpec } from './http/faults';
export type { TokenRule } from './http/tokens';
export { startLagoonSimulator } from './lagoon-simulator';
export type { RunningSimulator } from './lagoon-simulator';
export type { LedgerPage } from './ledger';
export type { PlacedEnvironment } from './simulator-controls';
