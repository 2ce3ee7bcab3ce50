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
