import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { BrokenRule, JsonSchema, Placed, Use } from './schema-rules';
import { brokenRules } from './schema-rules';

/** The files of a folder of contracts that others build against, by their names. */
export interface Contracts {
  readonly documents: Readonly<Record<DocumentName, JsonSchema>>;
  /** The data of every event, by the name of its file without `.json`. */
  readonly events: Readonly<Record<string, JsonSchema>>;
}

export const DOCUMENTS = ['openapi.json', 'asyncapi.yaml', 'asyncapi-events.json'] as const;
type DocumentName = (typeof DOCUMENTS)[number];
export const EVENT_SCHEMAS = 'schemas';

export function readContracts(folder: string): Contracts {
  const textOf = (...path: readonly string[]) => readFileSync(join(folder, ...path), 'utf8');
  const documents = DOCUMENTS.map((name) => [name, parse(textOf(name)) as JsonSchema]);
  const events = readdirSync(join(folder, EVENT_SCHEMAS))
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.slice(0, -5), JSON.parse(textOf(EVENT_SCHEMAS, file)) as JsonSchema]);
  return {
    documents: Object.fromEntries(documents) as Contracts['documents'],
    events: Object.fromEntries(events) as Contracts['events'],
  };
}

/** Every rule that the contracts of now break for those who build on the old ones. */
export function brokenContracts(old: Contracts, now: Contracts): readonly BrokenRule[] {
  return [...httpBroken(old, now), ...busBroken(old, now), ...eventsBroken(old, now)];
}

const broken = (rule: string, at: string, what: string): BrokenRule => ({ rule, at, what });

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

interface HttpOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, HttpOperation>>>>;
}

function httpBroken(old: Contracts, now: Contracts): readonly BrokenRule[] {
  const [before, after] = [old, now].map(({ documents }) => documents['openapi.json']) as [
    JsonSchema & OpenApi,
    JsonSchema & OpenApi,
  ];
  const compare = comparing(before, after);
  return Object.entries(before.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const at = `${method.toUpperCase()} ${path}`;
      const next = after.paths[path]?.[method];
      if (next === undefined) return [broken('operation-removed', at, at)];
      return [
        ...parametersBroken(operation, next, { at, compare }),
        ...bodyBroken(operation, next, { at, compare }),
        ...answersBroken(operation, next, { at, compare }),
      ];
    }),
  );
}

type Compare = (
  was: JsonSchema,
  is: JsonSchema,
  place: { readonly use: Use; readonly at: string },
) => readonly BrokenRule[];

/** Each pair of shapes once: that of a problem stands at every operation. */
function comparing(before: JsonSchema, after: JsonSchema): Compare {
  const known = new Map<string, readonly BrokenRule[]>();
  return (was, is, { use, at }) => {
    const pair = JSON.stringify([use, was, is]);
    const [old, now] = [
      { schema: was, document: before },
      { schema: is, document: after },
    ];
    const rules = known.get(pair) ?? brokenRules(old, now, { use, at: '' });
    known.set(pair, rules);
    return rules.map((rule) => ({ ...rule, at: `${at}${rule.at}` }));
  };
}

interface InOperation {
  readonly at: string;
  readonly compare: Compare;
}

function parametersBroken(
  { parameters: before = [] }: HttpOperation,
  { parameters: after = [] }: HttpOperation,
  { at, compare }: InOperation,
): readonly BrokenRule[] {
  const keyOf = ({ in: place, name }: Parameter) => `${place}:${name.toLowerCase()}`;
  const known = new Map(before.map((parameter) => [keyOf(parameter), parameter]));
  const isDemanded = (parameter: Parameter) =>
    parameter.required === true && known.get(keyOf(parameter))?.required !== true;
  return [
    ...before.flatMap((parameter) => {
      const place = `${at} ${parameter.in} ${parameter.name}`;
      const next = after.find((each) => keyOf(each) === keyOf(parameter));
      if (next === undefined) return [broken('parameter-removed', place, parameter.name)];
      return compare(parameter.schema, next.schema, { use: 'request', at: place });
    }),
    ...after
      .filter(isDemanded)
      .map(({ in: place, name }) =>
        broken('parameter-made-required', `${at} ${place} ${name}`, name),
      ),
  ];
}

function bodyBroken(
  { requestBody: before }: HttpOperation,
  { requestBody: after }: HttpOperation,
  { at, compare }: InOperation,
): readonly BrokenRule[] {
  const place = `${at} body`;
  const isDemanded = after?.required === true && before?.required !== true;
  return [
    ...(isDemanded ? [broken('body-made-required', place, 'body')] : []),
    ...Object.entries(before?.content ?? {}).flatMap(([type, { schema }]) => {
      const next = after?.content[type];
      if (next === undefined) return [broken('content-type-removed', place, type)];
      return compare(schema, next.schema, { use: 'request', at: place });
    }),
  ];
}

function answersBroken(
  before: HttpOperation,
  after: HttpOperation,
  { at, compare }: InOperation,
): readonly BrokenRule[] {
  return Object.entries(before.responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content).flatMap(([type, { schema }]) => {
      const place = `${at} ${status}`;
      const next = after.responses[status]?.content?.[type];
      if (next === undefined) return [broken('answer-removed', place, type)];
      return compare(schema, next.schema, { use: 'answer', at: place });
    }),
  );
}

interface Reference {
  readonly $ref: string;
}

interface AsyncApi {
  readonly channels: Readonly<
    Record<
      string,
      { readonly address: string | null; readonly messages: Readonly<Record<string, Reference>> }
    >
  >;
  readonly operations: Readonly<
    Record<
      string,
      { readonly channel: Reference; readonly reply?: { readonly channel: Reference } }
    >
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly payload: JsonSchema }>>;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

interface BusRequest {
  readonly subject: string;
  readonly request: Placed;
  readonly answer: Placed;
}

function busBroken(old: Contracts, now: Contracts): readonly BrokenRule[] {
  const after = new Map(busRequests(now).map((each) => [each.subject, each]));
  const requests = busRequests(old).flatMap(({ subject, request, answer }) => {
    const next = after.get(subject);
    if (next === undefined) return [broken('operation-removed', subject, subject)];
    return [
      ...brokenRules(request, next.request, { use: 'request', at: `${subject} request` }),
      ...brokenRules(answer, next.answer, { use: 'answer', at: `${subject} answer` }),
    ];
  });
  return [...requests, ...headersBroken(old, now)];
}

function headersBroken(old: Contracts, now: Contracts): readonly BrokenRule[] {
  const uses = {
    RequestHeaders: 'request',
    EventHeaders: 'answer',
    ProblemHeaders: 'answer',
  } as const;
  const headersOf = ({ documents }: Contracts, name: string): Placed => ({
    schema: { $ref: `#/components/schemas/${name}` },
    document: documents['asyncapi.yaml'],
  });
  return Object.entries(uses).flatMap(([name, use]) =>
    brokenRules(headersOf(old, name), headersOf(now, name), { use, at: name }),
  );
}

function busRequests(contracts: Contracts): readonly BusRequest[] {
  const document = contracts.documents['asyncapi.yaml'] as JsonSchema & AsyncApi;
  const channelOf = ({ $ref }: Reference) => document.channels[lastOf($ref)];
  const payloadOf = (message: Reference | undefined): Placed => {
    const { payload } = document.components.messages[lastOf(message?.$ref ?? '')] ?? {};
    return placed(contracts, (payload?.schema ?? payload) as JsonSchema);
  };
  return Object.values(document.operations).flatMap(({ channel, reply }) => {
    const asked = channelOf(channel);
    if (reply === undefined || !asked?.address) return [];
    const answer = payloadOf(channelOf(reply.channel)?.messages.answer);
    return [{ subject: asked.address, request: payloadOf(asked.messages.request), answer }];
  });
}

/** A schema that another file holds, in that file. */
function placed({ documents }: Contracts, schema: JsonSchema): Placed {
  const [, file, pointer] = /^\.\/([\w.-]+)(#.*)$/.exec(String(schema.$ref)) ?? [];
  const document = documents[file as DocumentName] as JsonSchema | undefined;
  if (document === undefined) return { schema, document: documents['asyncapi.yaml'] };
  return { schema: { ...schema, $ref: pointer }, document };
}

function lastOf(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}

/** The schemas of all versions stay: events of each are in the store for ever. */
function eventsBroken(old: Contracts, now: Contracts): readonly BrokenRule[] {
  return Object.entries(old.events).flatMap(([name, schema]) => {
    const next = now.events[name];
    if (next === undefined) return [broken('event-removed', name, name)];
    const at = { use: 'event', at: name } as const;
    return brokenRules({ schema, document: schema }, { schema: next, document: next }, at);
  });
}
