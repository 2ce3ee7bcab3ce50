export * from './all-tail';
export * from './command-handler';
export { deterministicEventId, findingIdOf } from './event-id';
export * from './esdb.event-store';
export * from './event-store.port';
export * from './hash-chain';
export * from './stream-history';
