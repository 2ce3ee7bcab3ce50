import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { parse } from 'yaml';
import type { JsonSchema, NamedSchemas } from './schema-types';
import {
  declarationOf,
  nameIn,
  reachable,
  schemaNamed,
  tableOf,
  typeName,
  typesFile,
} from './schema-types';

type CommandName = keyof typeof COMMAND_SUBJECTS;

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: JsonSchema }>> }>
  >;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: NamedSchemas };
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
  const answers = [...new Set(rows.map(({ answer }) => answer))].sort();
  const inputs = reachable(
    rows.map(({ input }) => input),
    schemas,
  );
  return typesFile(HEADER, [
    `import type { ${answers.join(', ')} } from './answer-types';`,
    ...inputs.map((name) => `\n${declarationOf(typeName(name), schemaNamed(schemas, name))}`),
    '\n/** What each command takes, at either door. */',
    tableOf(
      'CommandInputs',
      rows.map(({ name, input }) => [name, typeName(input)]),
    ),
    '\n/** What each command is answered with. */',
    tableOf(
      'CommandAnswers',
      rows.map(({ name, answer }) => [name, answer]),
    ),
    '\n/** Where each command is taken over HTTP; `{name}` stands for that member of what it takes. */',
    'export const COMMAND_ROUTES = {',
    ...rows.map(({ name, method, path }) => `  ${name}: { method: '${method}', path: '${path}' },`),
    '} as const;\n',
  ]);
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

function read(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
