import type { InstanceEventType } from '@uplift/domain';
import type { JsonSchema } from '../schema/schema';
import { eventSchemaId } from '../event.codec';
import { CALL } from './call.schemas';
import { DEPLOYMENT } from './deployment.schemas';
import type { EventGroup } from './event-group';
import { INTERRUPTION } from './interruption.schemas';
import { POST_UPGRADE } from './post-upgrade.schemas';
import { PRE_UPGRADE } from './pre-upgrade.schemas';
import { REGISTRATION } from './registration.schemas';
import { UPGRADE } from './upgrade.schemas';

/** Version of the data of every instance event that this build writes. */
export const INSTANCE_SCHEMA_VERSION = 1;

const SCHEMAS: EventGroup<InstanceEventType> = {
  ...REGISTRATION,
  ...PRE_UPGRADE,
  ...UPGRADE,
  ...CALL,
  ...DEPLOYMENT,
  ...POST_UPGRADE,
  ...INTERRUPTION,
};

export const INSTANCE_EVENT_TYPES = Object.keys(SCHEMAS) as readonly InstanceEventType[];

/** The published JSON Schema of an event's data, complete in itself. */
export function instanceEventSchema(type: InstanceEventType): JsonSchema {
  const { json, definitions } = SCHEMAS[type];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: eventSchemaId('instance', type, INSTANCE_SCHEMA_VERSION),
    title: type,
    ...json,
    ...(Object.keys(definitions).length > 0 ? { $defs: definitions } : {}),
  };
}
