import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { parse } from 'yaml';

type CommandName = keyof typeof COMMAND_SUBJECTS;

interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly allOf?: readonly JsonSchema[];
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: JsonSchema }>> }>
  >;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

interface AsyncApi {
  readonly channels: Readonly<
    Record<string, { readonly address?: string; messages?: { readonly request?: JsonSchema } }>
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly payload: { schema: JsonSchema } }>>;
  };
}

interface CommandRow {
  readonly name: CommandName;
  readonly method: string;
  readonly path: string;
  /** Name of the component schema of what the command takes over the bus, which is all of it. */
  readonly input: string;
  readonly answer: string;
}

const NAMES = Object.keys(COMMAND_SUBJECTS) as readonly CommandName[];
const HEADER =
  '/* Written by `npm run generate` from contracts/openapi.json and contracts/asyncapi.yaml. */';

/** The commands as other teams send them: what each takes and answers, and its place over HTTP. */
export function commandTable(root: string): string {
  const openApi = JSON.parse(read(root, 'contracts/openapi.json')) as OpenApi;
  const asyncApi = parse(read(root, 'contracts/asyncapi.yaml')) as AsyncApi;
  const rows = NAMES.map((name) => rowOf(name, openApi, asyncApi));
  const { schemas } = openApi.components;
  return [
    HEADER,
    `import type { ${unique(rows.map(({ answer }) => answer)).join(', ')} } from './answers';`,
    ...reachable(
      rows.map(({ input }) => input),
      schemas,
    ).map((name) => `\n${interfaceOf(name, schemaNamed(schemas, name))}`),
    '\n/** What each command takes, at either door. */',
    membersOf('CommandInputs', rows, ({ input }) => inputName(input)),
    '\n/** What each command is answered with. */',
    membersOf('CommandAnswers', rows, ({ answer }) => answer),
    '\n/** Where each command is taken over HTTP; `{name}` stands for that member of what it takes. */',
    'export const COMMAND_ROUTES = {',
    ...rows.map(({ name, method, path }) => `  ${name}: { method: '${method}', path: '${path}' },`),
    '} as const;\n',
  ].join('\n');
}

function rowOf(name: CommandName, openApi: OpenApi, asyncApi: AsyncApi): CommandRow {
  const { method, path, operation } = operationOf(name, openApi);
  const input = inputOf(name, asyncApi);
  const { schemas } = openApi.components;
  const inBody = Object.keys(schemaNamed(schemas, bodyOf(operation)).properties ?? {});
  const members = Object.keys(schemaNamed(schemas, input).properties ?? {});
  const inPath = members.filter((member) => !inBody.includes(member));
  return {
    ...{ name, method: method.toUpperCase(), input },
    path: withMembers(path, inPath),
    answer: nameIn(contentOf(operation.responses['202'] ?? operation.responses['200'])),
  };
}

function operationOf(name: string, { paths }: OpenApi) {
  const all = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );
  const found = all.find(({ operation }) => operation.operationId === name);
  if (found !== undefined) return found;
  throw new Error(`contracts/openapi.json has no operation ${name}: npm run generate writes it`);
}

function inputOf(name: CommandName, { channels, components }: AsyncApi): string {
  const channel = Object.values(channels).find(({ address }) => address === COMMAND_SUBJECTS[name]);
  const request = channel?.messages?.request;
  if (request === undefined) {
    throw new Error(`contracts/asyncapi.yaml has no request on ${COMMAND_SUBJECTS[name]}`);
  }
  return nameIn(components.messages[nameIn(request)]?.payload.schema);
}

function bodyOf({ requestBody }: Operation): string {
  return nameIn(contentOf(requestBody));
}

function contentOf(holder: Operation['responses'][string] | undefined): JsonSchema | undefined {
  return Object.values(holder?.content ?? {})[0]?.schema;
}

/** `{id}` is the one member that no other part of the path names. */
function withMembers(path: string, members: readonly string[]): string {
  const rest = members.filter((member) => !path.includes(`{${member}}`));
  return path.replace('{id}', `{${rest.join()}}`);
}

/** The named schemas, and all that they are made of, in the order of the document. */
function reachable(names: readonly string[], schemas: OpenApi['components']['schemas']) {
  const found = new Set<string>();
  const visit = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const text = JSON.stringify(schemaNamed(schemas, name));
    for (const [, part] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) visit(part ?? '');
  };
  names.forEach(visit);
  return Object.keys(schemas).filter((name) => found.has(name));
}

function interfaceOf(name: string, { properties = {}, required = [] }: JsonSchema): string {
  const members = Object.entries(properties).flatMap(([member, schema]) => [
    ...(schema.description === undefined ? [] : [`  /** ${schema.description} */`]),
    `  readonly ${member}${required.includes(member) ? '' : '?'}: ${typeOf(schema)};`,
  ]);
  return [`export interface ${inputName(name)} {`, ...members, '}'].join('\n');
}

function membersOf(title: string, rows: readonly CommandRow[], type: (row: CommandRow) => string) {
  const members = rows.map((row) => `  readonly ${row.name}: ${type(row)};`);
  return [`export interface ${title} {`, ...members, '}'].join('\n');
}

function typeOf(schema: JsonSchema): string {
  const { $ref, allOf = [], enum: values } = schema;
  if ($ref !== undefined) return inputName(nameIn(schema));
  if (allOf[0] !== undefined) return typeOf(allOf[0]);
  return values === undefined ? plainTypeOf(schema) : values.map(literal).join(' | ');
}

function plainTypeOf({ type, items = {}, additionalProperties }: JsonSchema): string {
  if (type === 'array') return listOf(typeOf(items));
  if (type === 'integer') return 'number';
  if (type !== 'object') return type ?? 'unknown';
  const member =
    typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown';
  return `Readonly<Record<string, ${member}>>`;
}

/** As the linter wants it: the long form for what is not one plain name. */
function listOf(item: string): string {
  return /^\w+$/.test(item) ? `readonly ${item}[]` : `ReadonlyArray<${item}>`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function inputName(schemaName: string): string {
  return schemaName.replace(/Dto$/, 'Input');
}

function nameIn(schema: JsonSchema | undefined): string {
  const name = schema?.$ref?.split('/').at(-1);
  if (name === undefined) throw new Error(`No named schema: ${JSON.stringify(schema)}`);
  return name;
}

function schemaNamed(schemas: OpenApi['components']['schemas'], name: string): JsonSchema {
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`contracts/openapi.json has no schema ${name}`);
  return schema;
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
