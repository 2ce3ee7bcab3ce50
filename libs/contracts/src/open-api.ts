import { FIELD_DESCRIPTIONS } from './field-descriptions';
import type { AnySchema, JsonSchema } from './schema';

const DEFINITIONS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

/** The named parts of the schemas as components of an OpenAPI 3.0 document. */
export function openApiSchemas(schemas: readonly AnySchema[]): Record<string, JsonSchema> {
  const named = schemas.flatMap(({ definitions }) => Object.entries(definitions));
  return Object.fromEntries(named.map(([name, json]) => [name, toOpenApi(json) as JsonSchema]));
}

/** OpenAPI 3.0 has `nullable` where JSON Schema has a choice with null, a list of one for `const`, and components for `$defs`. */
export function toOpenApi(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toOpenApi);
  if (typeof node !== 'object' || node === null) return node;
  const { anyOf, $ref, ...rest } = withDescriptions(withoutConst(node as JsonSchema));
  const converted = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, toOpenApi(value)]),
  );
  if (typeof $ref === 'string') return reference($ref, converted);
  return Array.isArray(anyOf) ? { ...choice(anyOf), ...converted } : converted;
}

function withoutConst(node: JsonSchema): JsonSchema {
  const { const: only, ...rest } = node;
  return only === undefined ? node : { ...rest, type: typeof only, enum: [only] };
}

/** Of members that say nothing of themselves. */
export function withDescriptions(node: JsonSchema): JsonSchema {
  const { properties } = node;
  if (typeof properties !== 'object' || properties === null) return node;
  const members = Object.entries(properties as Readonly<Record<string, JsonSchema>>);
  const described = members.map(([name, schema]) => {
    const description = schema.description ?? FIELD_DESCRIPTIONS[name];
    return [name, description === undefined ? schema : { ...schema, description }] as const;
  });
  return { ...node, properties: Object.fromEntries(described) };
}

/** Beside a `$ref` every other word is ignored: it stands in `allOf` then. */
function reference($ref: string, beside: JsonSchema): JsonSchema {
  const target = { $ref: $ref.replace(DEFINITIONS, COMPONENTS) };
  return Object.keys(beside).length > 0 ? { ...beside, allOf: [target] } : target;
}

function choice(anyOf: readonly unknown[]): JsonSchema {
  const kinds = anyOf.filter((kind) => (kind as JsonSchema).type !== 'null').map(toOpenApi);
  const [only = {}] = kinds as JsonSchema[];
  if (kinds.length > 1) return { anyOf: kinds };
  if ('$ref' in only) return { type: 'object', nullable: true, allOf: [only] };
  return {
    ...only,
    ...('enum' in only ? { enum: [...(only.enum as []), null] } : {}),
    nullable: true,
  };
}
