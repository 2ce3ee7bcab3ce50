/** The client package's own message classes: both sides must use one copy. */
export * as streams from '@eventstore/db-client/generated/streams_pb';
export * as messages from '@eventstore/db-client/generated/shared_pb';
export { Status } from '@eventstore/db-client/generated/status_pb';
