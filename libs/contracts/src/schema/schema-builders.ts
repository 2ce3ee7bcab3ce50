import type { JsonSchema, Schema } from './schema';
import { plain } from './schema';

export const text: Schema<string> = plain({ type: 'string' });
export const name: Schema<string> = plain({ type: 'string', minLength: 1 });
export const flag: Schema<boolean> = plain({ type: 'boolean' });
export const wholeNumber: Schema<number> = plain({ type: 'integer' });
export const count: Schema<number> = plain({ type: 'integer', minimum: 1 });
export const milliseconds: Schema<number> = plain({
  type: 'integer',
  minimum: 0,
  description: 'Milliseconds.',
});
export const timestamp: Schema<string> = plain({
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$',
  description: 'RFC 3339, UTC.',
});

export function oneOf<const Text extends string>(texts: readonly Text[]): Schema<Text> {
  return plain({ type: 'string', enum: texts });
}

export function nullable<Value>({ json, definitions }: Schema<Value>): Schema<Value | null> {
  return { json: { anyOf: [json, { type: 'null' }] }, definitions };
}

export function list<Item>({ json, definitions }: Schema<Item>): Schema<readonly Item[]> {
  return { json: { type: 'array', items: json }, definitions };
}

/** An object with members of any name. */
export function record<Value>({
  json,
  definitions,
}: Schema<Value>): Schema<Readonly<Record<string, Value>>> {
  return { json: { type: 'object', additionalProperties: json }, definitions };
}

/** All members are required; readers let unknown ones pass, so that a member can be added later. */
export function object<Value>(members: {
  readonly [Key in keyof Value]: Schema<Value[Key]>;
}): Schema<Value> {
  const entries = Object.entries<Pick<Schema<unknown>, 'json' | 'definitions'>>({ ...members });
  return {
    json: {
      type: 'object',
      required: entries.map(([key]) => key),
      properties: Object.fromEntries(entries.map(([key, { json }]) => [key, json])),
    },
    definitions: merged(entries.map(([, { definitions }]) => definitions)),
  };
}

type OptionalKeys<Value> = {
  [Key in keyof Value]-?: undefined extends Value[Key] ? Key : never;
}[keyof Value];

type Optional<Value> = Pick<Value, OptionalKeys<Value>>;
type Demanded<Value> = Omit<Value, OptionalKeys<Value>>;

/** An object some of whose members may be missing, because an earlier build did not write them. */
export function objectWith<Value>(
  required: { readonly [Key in keyof Demanded<Value>]: Schema<Demanded<Value>[Key]> },
  optional: { readonly [Key in keyof Optional<Value>]-?: Schema<Exclude<Value[Key], undefined>> },
): Schema<Value> {
  const inner = object<Demanded<Value>>(required);
  const entries = Object.entries<Pick<Schema<unknown>, 'json' | 'definitions'>>({ ...optional });
  const properties = Object.fromEntries(entries.map(([key, { json }]) => [key, json]));
  return {
    json: {
      ...inner.json,
      properties: { ...(inner.json.properties as object), ...properties },
    },
    definitions: merged([inner.definitions, ...entries.map(([, { definitions }]) => definitions)]),
  };
}

/** One of several kinds of values. */
export function either<Values extends readonly unknown[]>(
  ...kinds: { readonly [Index in keyof Values]: Schema<Values[Index]> }
): Schema<Values[number]> {
  const all: readonly Pick<Schema<unknown>, 'json' | 'definitions'>[] = kinds;
  return {
    json: { anyOf: all.map(({ json }) => json) },
    definitions: merged(all.map(({ definitions }) => definitions)),
  };
}

/** Gives a schema a name under `$defs`, so that it is written once per document. */
export function named<Value>(title: string, schema: Schema<Value>): Schema<Value> {
  return {
    json: { $ref: `#/$defs/${title}` },
    definitions: { ...schema.definitions, [title]: schema.json },
  };
}

export function documented<Value>(
  description: string,
  { json, definitions }: Schema<Value>,
): Schema<Value> {
  return { json: { description, ...json }, definitions };
}

function merged(all: readonly Readonly<Record<string, JsonSchema>>[]): Record<string, JsonSchema> {
  return Object.assign({}, ...all) as Record<string, JsonSchema>;
}
