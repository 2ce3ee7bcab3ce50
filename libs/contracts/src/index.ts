export * from './answers';
export * from './command-table';
export type {
  AsOf,
  FindingDocument,
  InstanceDocument,
  Percentiles,
  StageDocument,
  StageStats,
  StaleReason,
  Stop,
  TimelineEntryDocument,
  UpgradeDocument,
} from './documents';
export * from './problems';
export * from './invalid-input';
export * from './queries';
export * from './subjects';
export * from './utc-time';
export * from './stored-event';
export * from './event.codec';
export { goldenEvent, goldenEvents } from './golden-events';
export * from './headers';
export * from './heartbeat';
export { checkpointStream, isForeign, isOurs, toStoredEvent } from './origin';
export * from './recorded-event';
export * from './upcasters';
export { openApiSchemas, toOpenApi } from './open-api';
export type { Schema, ValueOf } from './schema';
export * from './request.codec';
export * from './webhooks';
