/*
 * What the package @uplift/testing offers: these names and no others. It is for tests: a name may go with a minor version,
 * and its release notes say so.
 */
export { startUplift, UpliftUnderTest } from './start-uplift';
export type { GivenInstance, UpliftOptions } from './start-uplift';
export type { StateName } from './states';
/** Of the client that comes with it: the class of the same name in another package is another one. */
export { ProblemError } from '@uplift/contracts';
export type { ServiceName } from '../../stack/src';
export type { EnvironmentSpec, FaultSpec, SimulatorClient } from '../../lagoon-simulator/src';
