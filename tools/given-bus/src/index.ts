export { BUS_ARGUMENTS, busSettings, givenBus, GivenBusError, shownBus } from './bus-options';
export type { BusArguments, GivenBus } from './bus-options';
