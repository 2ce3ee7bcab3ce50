export * from './embedded-event-store';
export type { FaultOptions, Faults, SlowReaders } from './faults/faults';
