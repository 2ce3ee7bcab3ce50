export * from './canonical-json';
export { deterministicEventId, uuid5 } from './event-id';
export * from './esdb.event-store';
export * from './event-store.errors';
export * from './event-store.port';
export * from './hash-chain';
export * from './in-memory.event-store';
export * from './load-or-empty';
export * from './verify-chain';
