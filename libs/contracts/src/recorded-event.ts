import { Ajv2020 } from 'ajv/dist/2020';
import type { ValidateFunction } from 'ajv';
import type {
  AuditEvent,
  EnvironmentEvent,
  InstanceEvent,
  InstanceSnapshot,
  KnownInstance,
  RecordedInstanceEvent,
  RecordedSystemEvent,
  RefusalEvent,
  SystemEvent,
} from '@uplift/domain';
import { FOLD_VERSION } from '@uplift/domain';
import { eventSchemaId } from './event.codec';
import { INSTANCE_EVENTS } from './events/instance-event.schemas';
import { instanceState } from './events/instance-state.schema';
import {
  AUDIT_EVENTS,
  ENVIRONMENT_EVENTS,
  REFUSAL_EVENTS,
  SYSTEM_EVENTS,
} from './events/system-event.schemas';
import type { AnySchema, JsonSchema } from './schema';
import type { StoredEvent } from './stored-event';
import { DAMAGED_METADATA } from './stored-event';
import { splitStreamName } from './subjects';
import { eventVersion, upcast } from './upcasters';

/** The events of each category of streams. */
interface EventsByCategory {
  readonly instance: InstanceEvent;
  readonly system: SystemEvent;
  readonly refusal: RefusalEvent;
  readonly environment: EnvironmentEvent;
  readonly audit: AuditEvent;
}

export type EventCategory = keyof EventsByCategory;
export type EventIn<Category extends EventCategory> = EventsByCategory[Category];

interface CategoryRow {
  /** Of the version that this build writes. */
  readonly schemas: Readonly<Record<string, AnySchema>>;
}

/** Everything that is ours in the store: one row per category of streams. */
export const EVENT_CATEGORIES = {
  instance: { schemas: INSTANCE_EVENTS },
  system: { schemas: SYSTEM_EVENTS },
  refusal: { schemas: REFUSAL_EVENTS },
  environment: { schemas: ENVIRONMENT_EVENTS },
  audit: { schemas: AUDIT_EVENTS },
} as const satisfies Record<EventCategory, CategoryRow>;

/** The switches of all starts: there is one stream of its kind. */
export const SYSTEM_STREAM = 'system-5a501741-61af-558d-b933-1f06e315c0b7';

/** Where processes ask the store for the time: apart from the switches, which are read before every start. */
export const CLOCK_STREAM = 'system-5c7c384f-f194-55b6-a032-f85401efbb2c';

/** What operators have decided about the system itself. */
export const DECISIONS_STREAM = 'system-203cf00a-c242-589c-acd7-5d09fd03a005';
/** What the auditor has found in store and bus. */
export const FINDINGS_STREAM = 'system-6dcadd50-8870-5bb2-9235-f0e24cedf346';

/** Which API tokens there are, and which were revoked. */
export const API_TOKENS_STREAM = 'system-05fa934a-ec7d-5448-892c-805ac30c88c8';

/** Whose names were erased. */
export const ERASURES_STREAM = 'system-a5ea5db0-c1b5-55fd-ab9f-8ea5eda3e594';

export function instanceStream(instanceId: string): string {
  return `instance-${instanceId}`;
}

/** Commands that were refused to an instance; its own stream keeps its revision. */
export function refusalStream(instanceId: string): string {
  return `refusal-${instanceId}`;
}

/** Commands that were denied to their callers in the hour that begins with this id. */
export function denialStream(hourId: string): string {
  return `refusal-${hourId}`;
}

/** What was read under `audit:read` in the hour that begins with this id. */
export function auditedReadsStream(hourId: string): string {
  return `audit-${hourId}`;
}

/** Whom one environment of Lagoon belongs to. */
export function environmentStream(environmentId: string): string {
  return `environment-${environmentId}`;
}

/** Null for a stream that is not ours. */
export function categoryOf(stream: string): EventCategory | null {
  const { category } = splitStreamName(stream);
  return isCategory(category) ? category : null;
}

function isCategory(name: string): name is EventCategory {
  return Object.hasOwn(EVENT_CATEGORIES, name);
}

export function isInstanceStream(stream: string): boolean {
  return categoryOf(stream) === 'instance';
}

/** An event this build does not know: a reader stops, it never skips. */
export class UnknownEventError extends Error {
  readonly code = 'unknown-event';
  constructor({ type, stream, revision, metadata }: StoredEvent) {
    super(
      `Event ${type} v${metadata.schemaVersion} at ${stream}@${revision} is unknown to this build: deploy readers before writers`,
    );
  }
}

/** An event whose data does not fit the schema of its type and version: forged, or written by a defect. */
export class InvalidEventError extends Error {
  readonly code = 'invalid-event';
  constructor({ type, stream, revision, metadata }: StoredEvent, problem: string) {
    super(
      `Event ${type} v${metadata.schemaVersion} at ${stream}@${revision} does not fit its schema: ${problem}`,
    );
  }
}

/** Stored event → domain event. Throws UnknownEventError and InvalidEventError. */
export function toDomainEvent<Category extends EventCategory>(
  category: Category,
  stored: StoredEvent,
): EventIn<Category> {
  const { schemas } = EVENT_CATEGORIES[category];
  const { type, metadata, damage } = stored;
  const { schemaVersion: version } = metadata;
  if (damage !== undefined) throw new InvalidEventError(stored, damage);
  if (!Object.hasOwn(schemas, type) || version < 1 || version > eventVersion(category, type)) {
    throw new UnknownEventError(stored);
  }
  const data = presentData(category, stored);
  const problem = problemOfEventData(category, { type, data });
  if (problem !== null) throw new InvalidEventError(stored, problem);
  return { type, data } as EventIn<Category>;
}

/** An upcaster may stumble over data that does not fit the schema of its version. */
function presentData(category: EventCategory, stored: StoredEvent): object {
  const { type, data, metadata } = stored;
  try {
    return upcast(category, { type, version: metadata.schemaVersion, data });
  } catch (error) {
    throw new InvalidEventError(stored, error instanceof Error ? error.message : String(error));
  }
}

export type UnreadableReason =
  /** Written by a newer build: readers are deployed before writers. */
  | 'newer-version'
  | 'unknown-type'
  | 'invalid-data'
  /** Not written by us. */
  | 'damaged-metadata'
  /** The event does not follow from the one before it. */
  | 'broken-chain'
  /** The event cannot happen to an instance in its present state. */
  | 'illegal-step';

/** Why one of our events cannot be read by itself; null if it can, and for a category that nobody reads yet. */
export function unreadableReason(
  stored: StoredEvent,
): { readonly reason: UnreadableReason; readonly detail: string } | null {
  const category = categoryOf(stored.stream);
  if (category === null) return null;
  try {
    toDomainEvent(category, stored);
    return null;
  } catch (error) {
    return reasonOf(stored, error);
  }
}

function reasonOf(stored: StoredEvent, error: unknown) {
  const detail = error instanceof Error ? error.message : String(error);
  if (stored.damage?.startsWith(DAMAGED_METADATA))
    return { reason: 'damaged-metadata', detail } as const;
  if (!(error instanceof UnknownEventError)) return { reason: 'invalid-data', detail } as const;
  return { reason: isOfNewerVersion(stored) ? 'newer-version' : 'unknown-type', detail } as const;
}

/** Whether a newer build wrote it: readers have to be deployed before writers. */
export function isOfNewerVersion({ stream, type, metadata }: StoredEvent): boolean {
  const category = categoryOf(stream);
  return category !== null && metadata.schemaVersion > eventVersion(category, type);
}

export function toInstanceEvent(stored: StoredEvent): InstanceEvent {
  return toDomainEvent('instance', stored);
}

export function toRecordedInstanceEvent(stored: StoredEvent): RecordedInstanceEvent {
  const event = toDomainEvent('instance', stored);
  return { instanceId: splitStreamName(stored.stream).id, ...placeOf(stored), event };
}

export function toRecordedSystemEvent(stored: StoredEvent): RecordedSystemEvent {
  return { ...placeOf(stored), event: toDomainEvent('system', stored) };
}

function placeOf({ id, revision, recordedAt }: StoredEvent) {
  return { eventId: id, revision, at: Date.parse(recordedAt) };
}

/** The published JSON Schema of an event's data, complete in itself. */
export function eventSchema(category: EventCategory, type: string): JsonSchema {
  const { schemas }: CategoryRow = EVENT_CATEGORIES[category];
  const schema = schemas[type];
  if (schema === undefined) throw new RangeError(`No event ${type} in ${category}`);
  const { json, definitions } = schema;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: eventSchemaId(category, type, eventVersion(category, type)),
    title: type,
    ...json,
    ...(Object.keys(definitions).length > 0 ? { $defs: definitions } : {}),
  };
}

// Compiling is what takes time: what Ajv optimizes away costs nothing.
const ajv = new Ajv2020({ strict: true, code: { optimize: false } });
/** One document, so that the parts with a name are compiled once for all events that have them. */
const EVENTS = 'events';

/** Why the data does not fit its schema, as `<pointer> <rule>`; null if it fits. */
function problemOfEventData(
  category: EventCategory,
  { type, data }: Pick<StoredEvent, 'type' | 'data'>,
): string | null {
  const validate = validatorOf(category, type);
  if (validate(data)) return null;
  return ajv.errorsText(validate.errors, { dataVar: '' });
}

/** Compiled when the first event of its type is read. */
function validatorOf(category: EventCategory, type: string): ValidateFunction {
  if (!ajv.schemas[EVENTS]) ajv.addSchema({ $id: EVENTS, $defs: allSchemas() });
  const validate = ajv.getSchema(`${EVENTS}#/$defs/${category}.${type}`);
  if (validate === undefined) throw new RangeError(`No event ${type} in ${category}`);
  return validate;
}

/** The state in a snapshot of this build's fold; null for one of another fold, and for what no fold of ours writes. */
export function stateInSnapshot({ foldVersion, state }: InstanceSnapshot): KnownInstance | null {
  if (foldVersion !== FOLD_VERSION) return null;
  const isState = validatorOf('instance', STATE);
  return isState(state) ? (state as KnownInstance) : null;
}

/** Among the schemas of the instance's events, whose parts it shares. */
const STATE = 'state';

function allSchemas(): Record<string, JsonSchema> {
  const all = Object.entries<CategoryRow>(EVENT_CATEGORIES).flatMap(([category, { schemas }]) =>
    Object.entries(schemas).map(([type, { json, definitions }]) => ({
      ...definitions,
      [`${category}.${type}`]: json,
    })),
  );
  const { json, definitions } = instanceState;
  const state = { ...definitions, [`instance.${STATE}`]: json };
  return Object.assign({}, ...all, state) as Record<string, JsonSchema>;
}
