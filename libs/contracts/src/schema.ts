/** One node of a JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A JSON Schema of exactly the values of one TypeScript type: the compiler holds both together. */
export interface Schema<Value> {
  readonly json: JsonSchema;
  /** The named schemas it refers to. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  /** Never present: it ties the schema to its type, in both directions. */
  readonly type?: (value: Value) => Value;
}

/** A schema of any values. */
export type AnySchema = Pick<Schema<unknown>, 'json' | 'definitions'>;

/** A schema of its own, without named parts. */
export function plain<Value>(json: JsonSchema): Schema<Value> {
  return { json, definitions: {} };
}

/** The values that a schema describes. */
export type ValueOf<S> = S extends Schema<infer Value> ? Readonly<Value> : never;

export const text: Schema<string> = plain({ type: 'string' });
export const name: Schema<string> = plain({ type: 'string', minLength: 1 });
export const flag: Schema<boolean> = plain({ type: 'boolean' });
export const wholeNumber: Schema<number> = plain({ type: 'integer' });
export const count: Schema<number> = plain({ type: 'integer', minimum: 1 });
export const revision: Schema<number> = plain({ type: 'integer', minimum: 0 });
export const uuid: Schema<string> = plain({ type: 'string', format: 'uuid' });
export const dateTime: Schema<string> = plain({ type: 'string', format: 'date-time' });
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

type SchemasOf<Value> = { readonly [Key in keyof Value]: Schema<Value[Key]> };
type Members = Readonly<Record<string, AnySchema>>;
type ValuesOf<Given extends Members> = {
  [Key in keyof Given]: Given[Key] extends Schema<infer Value> ? Value : never;
};

/** The optional members may be missing; readers let unknown ones pass, so that a member can be added later. */
export function object<Required extends Members>(required: Required): Schema<ValuesOf<Required>>;
export function object<Required extends Members, Optional extends Members>(
  required: Required,
  optional: Optional,
): Schema<ValuesOf<Required> & Partial<ValuesOf<Optional>>>;
export function object<Value>(required: SchemasOf<Value>): Schema<Value>;
export function object(required: Members, optional: Members = {}): AnySchema {
  const members = Object.entries({ ...required, ...optional });
  return {
    json: {
      type: 'object',
      ...(Object.keys(required).length > 0 ? { required: Object.keys(required) } : {}),
      properties: Object.fromEntries(members.map(([key, { json }]) => [key, json])),
    },
    definitions: merged(members.map(([, { definitions }]) => definitions)),
  };
}

/** Refuses members that it does not name. */
export function closed<Value>({ json, definitions }: Schema<Value>): Schema<Value> {
  return { json: { ...json, additionalProperties: false }, definitions };
}

type OptionalKeys<Value> = {
  [Key in keyof Value]-?: undefined extends Value[Key] ? Key : never;
}[keyof Value];

type Optional<Value> = Pick<Value, OptionalKeys<Value>>;
type Demanded<Value> = Omit<Value, OptionalKeys<Value>>;

/** An object some of whose members may be missing, because an earlier build did not write them. */
export function objectWith<Value>(
  required: SchemasOf<Demanded<Value>>,
  optional: { readonly [Key in keyof Optional<Value>]-?: Schema<Exclude<Value[Key], undefined>> },
): Schema<Value> {
  const { json, definitions } = object(required, optional as SchemasOf<unknown>);
  return { json, definitions };
}

/** One of several kinds of values. */
export function either<Values extends readonly unknown[]>(
  ...kinds: { readonly [Index in keyof Values]: Schema<Values[Index]> }
): Schema<Values[number]> {
  const all: readonly AnySchema[] = kinds;
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
