import type { OpenAPIObject } from '@nestjs/swagger';
import { parseDocument } from 'yaml';
import { asyncApiParts } from './async-api';

/** Text of contracts/asyncapi.yaml: what it says of itself and of headers stays as it is, the rest follows from the code. */
export function asyncApiFile(present: string, openApi: string): string {
  const file = parseDocument(present);
  const { channels, operations, messages, queries } = asyncApiParts(
    JSON.parse(openApi) as OpenAPIObject,
  );
  const { components } = file.toJS() as Components;
  const schemas = Object.entries(components.schemas).filter(([name]) => !name.endsWith('Query'));
  file.set('channels', file.createNode(channels, { aliasDuplicateObjects: false }));
  file.set('operations', file.createNode(operations, { aliasDuplicateObjects: false }));
  file.set(
    'components',
    file.createNode(
      {
        messages: { ...messages, Problem: components.messages.Problem },
        schemas: { ...queries, ...Object.fromEntries(schemas) },
      },
      { aliasDuplicateObjects: false },
    ),
  );
  return file.toString({ lineWidth: 0 });
}

interface Components {
  readonly components: {
    readonly messages: Readonly<Record<string, unknown>>;
    readonly schemas: Readonly<Record<string, unknown>>;
  };
}
