export { startLagoonSimulator } from './lagoon-simulator';
export type { RunningSimulator } from './lagoon-simulator';
export type { SimulatorOptions } from './simulator.options';
export type { SimulatorControls, PlacedEnvironment } from './simulator-controls';
export type { BuildSpec, EnvironmentSpec, FaultSpec } from './http/control-schemas';
export type { LedgerCall, LedgerPage, CallOutcome } from './ledger/ledger';
export { LAGOON_SDL } from './graphql/lagoon.sdl';
