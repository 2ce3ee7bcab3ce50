import { QUERY_SUBJECTS, querySchema } from '@uplift/contracts';
import type { QueryName } from '@uplift/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../tools/stack/src';
import { PUBLISHED_FILE, PublishedContract } from './published-contract';

type Json = Readonly<Record<string, unknown>>;

interface Content {
  readonly schema: Json;
  readonly example?: unknown;
}

interface Operation {
  readonly parameters?: readonly (Content & {
    readonly name: string;
    readonly description?: string;
  })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Content>> }>
  >;
}

interface Message {
  readonly headers?: Json;
  readonly payload: { readonly $ref?: string; readonly schema?: { readonly $ref?: string } };
  readonly examples?: readonly { readonly payload: unknown }[];
}

const contract = PublishedContract.load();
const document = JSON.parse(readFileSync(PUBLISHED_FILE, 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
};
const onBus = parse(readFileSync(join(projectRoot(), 'contracts/asyncapi.yaml'), 'utf8')) as {
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, Json>>;
  };
};

const OPERATIONS = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
);
const MESSAGES = Object.entries(onBus.components.messages).filter(([name]) => name !== 'Problem');

/** Every member of a schema, in whatever it holds, that does not say what it is. */
function undescribed(schema: unknown, at: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const {
    properties = {},
    anyOf,
    ...rest
  } = schema as {
    readonly anyOf?: unknown;
    readonly properties?: Readonly<Record<string, Json>>;
  };
  // Beside members it says which of them stand together.
  const choice = Object.keys(properties).length > 0 ? undefined : anyOf;
  const members = Object.entries(properties).flatMap(([name, member]) => [
    ...('description' in member ? [] : [`${at}.${name}`]),
    ...undescribed(member, `${at}.${name}`),
  ]);
  return [
    ...members,
    ...[...Object.values(rest), choice].flatMap((inner) => undescribed(inner, at)),
  ];
}

describe('what is published', () => {
  it.each(OPERATIONS)('has examples that fit its own schemas: $name', ({ operation }) => {
    const { parameters = [], requestBody, responses } = operation;
    for (const { name, schema, example, description } of parameters) {
      expect({ name, described: description !== undefined }).toEqual({ name, described: true });
      expect({ name, faults: contract.faultsOf(schema ?? {}, example) }).toEqual({
        name,
        faults: null,
      });
    }
    const bodies = [requestBody, ...Object.values(responses)];
    const contents = bodies.flatMap((body) => Object.entries(body?.content ?? {}));
    for (const [type, { schema, example }] of contents) {
      if (type === 'application/json') expect(contract.faultsOf(schema, example)).toBeNull();
    }
  });

  it.each(MESSAGES)('has an example that fits its own schema on the bus: %s', (_, message) => {
    const { payload, examples = [] } = message;
    const schemas = { ...document.components.schemas, ...onBus.components.schemas };
    const schema = schemas[/\w+$/.exec((payload.schema ?? payload).$ref ?? '')?.[0] ?? ''];
    if (schema === undefined) throw new Error('The message names a schema that is not there');
    expect(examples).toHaveLength(1);
    expect(contract.faultsOf(schema, examples[0]?.payload)).toBeNull();
  });

  it('says of every member what it is', () => {
    const { schemas } = document.components;
    expect(undescribed(onBus.components.schemas, 'asyncapi')).toEqual([]);
    expect(Object.entries(schemas).flatMap(([name, each]) => undescribed(each, name))).toEqual([]);
  });

  it.each(Object.keys(QUERY_SUBJECTS))(
    'has the schema of the query %s as it is checked',
    (name) => {
      const published = `${name.charAt(0).toUpperCase()}${name.slice(1)}Query`;
      expect(onBus.components.schemas[published]).toEqual(querySchema(name as QueryName));
    },
  );
});
