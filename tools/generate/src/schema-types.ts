import { INSTANCE_STATUSES } from '@uplift/domain';

/** The words of JSON Schema, and of OpenAPI 3.0, that our contracts use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

export type NamedSchemas = Readonly<Record<string, JsonSchema>>;

const REFERENCES = /"#\/(?:components\/schemas|\$defs)\/(\w+)"/g;
const STATUSES = JSON.stringify(INSTANCE_STATUSES);

/** Types whose name in TypeScript says more than that of their schema. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  ActorNames: 'ActorNamesAnswer',
  ApiToken: 'ApiTokenDocument',
  Event: 'EventDocument',
  Finding: 'FindingDocument',
  Instance: 'InstanceDocument',
  Problem: 'ProblemDetails',
  Stage: 'StageDocument',
  TimelineEntry: 'TimelineEntryDocument',
  Upgrade: 'UpgradeDocument',
  Webhook: 'WebhookDocument',
  WebhookDelivery: 'WebhookDeliveryDocument',
};

/** Members that their schemas leave open, for what is to come. */
const MEMBER_TYPES: Readonly<Record<string, string>> = {
  data: 'object',
  evidence: 'Evidence',
  metadata: 'StoredEventMetadata',
};

/** Where the types come from that no schema has. */
const ELSEWHERE = {
  Evidence: '@uplift/domain',
  InstanceStatus: '@uplift/domain',
  StoredEventMetadata: './stored-event',
};

export function typeName(schemaName: string): string {
  return TYPE_NAMES[schemaName] ?? schemaName.replace(/Dto$/, 'Input');
}

/** A file of types, with what they take from elsewhere. */
export function typesFile(header: string, parts: readonly string[]): string {
  const text = parts.join('\n');
  const imports = Object.entries(ELSEWHERE)
    .filter(([name]) => new RegExp(`: ${name}\\b`).test(text))
    .map(([name, module]) => `import type { ${name} } from '${module}';`);
  return [header, ...imports, text].join('\n');
}

/** The type with this name: an interface, unless the schema is a choice. */
export function declarationOf(name: string, schema: JsonSchema): string {
  if (schema.properties === undefined) return `export type ${name} = ${typeOf(schema)};`;
  return [`export interface ${name} {`, ...membersOf(schema), '}'].join('\n');
}

/** An interface whose members are rows of a table. */
export function tableOf(title: string, rows: readonly (readonly [string, string])[]): string {
  const members = rows.map(([name, type]) => `  readonly ${name}: ${type};`);
  return [`export interface ${title} {`, ...members, '}'].join('\n');
}

/** The named schemas, and all that they are made of, in the order of the document. */
export function reachable(names: readonly string[], schemas: NamedSchemas): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const text = JSON.stringify(schemaNamed(schemas, name));
    for (const [, part] of text.matchAll(REFERENCES)) visit(part ?? '');
  };
  names.forEach(visit);
  return Object.keys(schemas).filter((name) => found.has(name));
}

export function schemaNamed(schemas: NamedSchemas, name: string): JsonSchema {
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`There is no schema ${name}`);
  return schema;
}

export function nameIn(schema: JsonSchema | undefined): string {
  const name = schema?.$ref?.split('/').at(-1);
  if (name === undefined) throw new Error(`No named schema: ${JSON.stringify(schema)}`);
  return name;
}

function membersOf({ properties = {}, required = [] }: JsonSchema): readonly string[] {
  return Object.entries(properties).flatMap(([member, schema]) => [
    ...(schema.description === undefined ? [] : [`  /** ${schema.description} */`]),
    `  readonly ${member}${required.includes(member) ? '' : '?'}: ${MEMBER_TYPES[member] ?? typeOf(schema)};`,
  ]);
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return typeName(nameIn(schema));
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return choiceOf(schema.enum);
  const kinds = schema.anyOf ?? schema.allOf;
  return kinds === undefined ? plainType(schema) : kinds.map(typeOf).join(' | ');
}

function plainType({ type, items = {}, properties, ...schema }: JsonSchema): string {
  if (type === 'integer') return 'number';
  if (type === 'array') return `readonly ${inArray(typeOf(items))}[]`;
  if (type !== 'object') return type ?? 'unknown';
  if (properties !== undefined) {
    const members = membersOf({ ...schema, properties }).map((member) => member.trim());
    return `{ ${members.join(' ')} }`;
  }
  const { additionalProperties: values } = schema;
  return `Readonly<Record<string, ${typeof values === 'object' ? typeOf(values) : 'unknown'}>>`;
}

function inArray(type: string): string {
  return type.includes(' | ') ? `(${type})` : type;
}

function choiceOf(values: readonly unknown[]): string {
  return JSON.stringify(values) === STATUSES ? 'InstanceStatus' : values.map(literal).join(' | ');
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
