export * from './administration/esdb.administration';
export * from './administration/store-setup';
export * from './all-tail';
export * from './command-handler';
export * from './divergence-watch';
export * from './esdb.event-store';
export { idsOfEvent, nameOfEvent, spanOfEvent } from './event-spans';
export * from './event-store.decorator';
export * from './event-store.port';
export { FollowedHistory } from './followed-history';
export * from './guarded.event-store';
export * from './hash-chain';
export { MissingRightsError } from './rights-watch';
export { foldOfValue, TailCheckpoints } from './tail-checkpoints';
export type { TailCheckpointsOptions, TailFold } from './tail-checkpoints';
export { openServiceStore } from './service.event-store';
export {
  gapBehind,
  MOST_UNDER_WAY,
  RelayedMessages,
  ResumePointLostError,
} from './relayed-messages';
export { placeInStore } from './relayed-message';
export type { EventPlace, MessageOfRelay } from './relayed-message';
export type { MessageLog } from './message-log';
export type { ForeignMessage, NewestRelayed } from './relayed-messages';
export * from './store-rights';
export { StreamEnds, VerifiedEventStore } from './verified.event-store';
export { StreamHistory, SystemHistory, UnreadableHistoryError } from './stream-history';
export type { Cause, Known, Loaded, Remembered } from './stream-history';
export * from './instance-history';
export type { StreamMemory } from './stream-memory';
export { deterministicEventId, environmentIdOf, findingIdOf } from './event-id';
export type {
  TailedInstanceEvent,
  TailedSystemEvent,
  TailListener,
  UnreadableEvent,
} from './tail-listeners';
export {
  connectionStringOf,
  ConnectionStringError,
  parseEsdbConnectionString,
  userInConnectionString,
} from './esdb.connection-string';
export type { EsdbSettings } from './esdb.connection-string';
