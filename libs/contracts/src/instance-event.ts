import { Ajv2020 } from 'ajv/dist/2020';
import type { ValidateFunction } from 'ajv';
import type { InstanceEvent, InstanceEventType, RecordedInstanceEvent } from '@uplift/domain';
import { LIFECYCLE } from '@uplift/domain';
import { INSTANCE_SCHEMA_VERSION, instanceEventSchema } from './events/instance-event.schemas';
import type { StoredEvent } from './stored-event';
import { splitStreamName } from './subjects';

export const INSTANCE_CATEGORY = 'instance';

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

export function instanceStream(instanceId: string): string {
  return `${INSTANCE_CATEGORY}-${instanceId}`;
}

export function isInstanceStream(stream: string): boolean {
  return splitStreamName(stream).category === INSTANCE_CATEGORY;
}

/** Stored event → domain event. Throws UnknownEventError and InvalidEventError. */
export function toInstanceEvent(stored: StoredEvent): InstanceEvent {
  if (!isKnownType(stored.type) || stored.metadata.schemaVersion !== INSTANCE_SCHEMA_VERSION) {
    throw new UnknownEventError(stored);
  }
  const problem = problemOfEventData(stored.type, stored.data);
  if (problem !== null) throw new InvalidEventError(stored, problem);
  return { type: stored.type, data: stored.data } as InstanceEvent;
}

export function toRecordedInstanceEvent(stored: StoredEvent): RecordedInstanceEvent {
  return {
    instanceId: splitStreamName(stored.stream).id,
    eventId: stored.id,
    revision: stored.revision,
    at: Date.parse(stored.recordedAt),
    event: toInstanceEvent(stored),
  };
}

function isKnownType(type: string): type is InstanceEventType {
  return Object.hasOwn(LIFECYCLE, type);
}

const ajv = new Ajv2020({ strict: true });
const compiled = new Map<InstanceEventType, ValidateFunction>();

/** Why the data does not fit its schema, as `<pointer> <rule>`; null if it fits. */
function problemOfEventData(type: InstanceEventType, candidate: unknown): string | null {
  const validate = validatorOf(type);
  if (validate(candidate)) return null;
  return ajv.errorsText(validate.errors, { dataVar: '' });
}

function validatorOf(type: InstanceEventType): ValidateFunction {
  const known = compiled.get(type);
  if (known) return known;
  const validate = ajv.compile(instanceEventSchema(type));
  compiled.set(type, validate);
  return validate;
}
