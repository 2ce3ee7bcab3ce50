export * from './embedded-event-store';
export { AS_SEEN } from './faults/faults';
export type { FaultOptions, Faults, SlowReaders } from './faults/faults';
