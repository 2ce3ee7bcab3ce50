/*
 * What the package @uplift/client offers: these names and no others. Taking one away, or making a type narrower, is a new
 * major version.
 */
export { overHttp } from './http.transport';
export type { HttpOptions } from './http.door';
export { EventsLeftOutError } from './http.following';
export type { HttpFollowOptions, LeftOut } from './http.following';
export { overNats } from './nats.transport';
export type { NatsOptions } from './nats.transport';
export type { NatsFollowOptions } from './nats.following';
export { GaveUpError } from './retries';
export type { Patience } from './retries';
export { UpliftClient } from './uplift-client';
export type {
  CommandAnswerOf,
  CommandInput,
  CommandName,
  CommandOptions,
  QueryAnswerOf,
  QueryInput,
  QueryName,
  UpliftEvent,
} from './uplift-client';
export { ProblemError } from '@uplift/contracts';
export type {
  FindingDocument,
  InstanceDocument,
  ProblemCode,
  ProblemDetails,
  TimelineEntryDocument,
  UpgradeDocument,
} from '@uplift/contracts';
