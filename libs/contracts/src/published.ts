/*
 * What the package @uplift/contracts offers to other teams: these names and no others. Taking one away, or making a type
 * narrower, is a new major version; libs/contracts/README.md says what else counts as one.
 */

/* Subjects of NATS. */
export {
  COMMAND_ALIASES,
  COMMAND_SUBJECTS,
  EVENTS_STREAM,
  EVENT_SUBJECT_ROOT,
  eventNameOf,
  eventTypeFilter,
  QUERY_SUBJECTS,
  splitStreamName,
} from './subjects';

/* Headers of requests, answers and events. */
export {
  CLOUD_EVENT_HEADERS,
  CONTENT_TYPES,
  decodeHeaderValue,
  encodeHeaderValue,
  ERROR_HEADERS,
  EVENT_HEADERS,
  REQUEST_HEADERS,
} from './headers';

/* Commands: what each takes and answers, and its place over HTTP. */
export { COMMAND_ROUTES } from './command-table';
export type * from './command-table';

/* Queries: their parameters over HTTP, and what they are answered with. */
export { pathMembers, QUERY_ANSWERS, QUERY_SCOPES, queryParameters, readQuery } from './queries';
export type { QueryName, QueryParameter } from './queries';

/* Answers and the documents that they show, and what each query takes. */
export type * from './answer-types';

/* Problems: every way in which a request is refused. */
export { isProblemCode, isProblemDetails, ProblemError, PROBLEMS } from './problems';
export type { ProblemCode, ProblemRow } from './problems';

/* Events: what the bus carries and the store keeps. */
export { decodeEvent, eventSchemaId, UndecodableMessageError } from './event.codec';
export type { ReceivedMessage } from './event.codec';
export {
  EVENT_CATEGORIES,
  eventSchema,
  instanceStream,
  toDomainEvent,
  unreadableReason,
} from './recorded-event';
export type { EventCategory, EventIn, UnreadableReason } from './recorded-event';
export type { Actor, EventMetadata, StoredEvent, StoredEventMetadata } from './stored-event';
export { contractsFolder, goldenEvent, goldenEvents } from './golden-events';
export type { GoldenEvent } from './golden-events';

/* Statuses: those of Polydock, and the stages of an upgrade. */
export {
  HEALTHY_STATUSES,
  IN_FLIGHT_STATUSES,
  INSTANCE_STATUSES,
  UPGRADE_STAGES,
} from '@uplift/domain';
export type { InstanceStatus, UpgradeStage } from '@uplift/domain';
