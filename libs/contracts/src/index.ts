export * from './answers';
export { STALE_REASONS } from './documents';
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
export { ALLOWED_COMMAND_SCHEMA, WAITING_SCHEMA } from './next-steps';
export * from './problems';
export * from './queries';
export * from './subjects';
export * from './stored-event';
export * from './event.codec';
export * from './headers';
export * from './heartbeat';
export { isForeign, isOurs, toStoredEvent } from './origin';
export type { RawEvent } from './origin';
export * from './recorded-event';
export { openApiSchemas, toOpenApi } from './open-api';
export type { JsonSchema, Schema, ValueOf } from './schema';
export * from './request.codec';
