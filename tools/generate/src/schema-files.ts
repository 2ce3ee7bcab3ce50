import {
  INSTANCE_CATEGORY,
  INSTANCE_EVENT_TYPES,
  INSTANCE_SCHEMA_VERSION,
  eventNameOf,
  instanceEventSchema,
} from '@uplift/contracts';
import type { GeneratedFile } from './generated-file';

export const SCHEMA_FOLDER = 'contracts/schemas';

/** One file per event type: the JSON Schema of its data, complete in itself. */
export function schemaFiles(): readonly GeneratedFile[] {
  return INSTANCE_EVENT_TYPES.map((type) => {
    const name = `${INSTANCE_CATEGORY}.${eventNameOf(type)}.v${INSTANCE_SCHEMA_VERSION}.json`;
    const content = `${JSON.stringify(instanceEventSchema(type), null, 2)}\n`;
    return { path: `${SCHEMA_FOLDER}/${name}`, content };
  });
}
