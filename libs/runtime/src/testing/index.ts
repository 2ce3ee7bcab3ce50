export { collectTraces } from './collect-traces';
export type { CollectedSpan, CollectedTracing } from './collected.tracing';
export * from './seeded.randomness';
export * from './virtual.clock';
