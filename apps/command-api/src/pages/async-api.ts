import type { OpenAPIObject } from '@nestjs/swagger';
import type { EventCategory, QueryName } from '@uplift/contracts';
import {
  ANSWERS,
  COMMAND_ALIASES,
  BUS_COMMAND_SUBJECTS,
  EVENT_CATEGORIES,
  QUERY_ANSWERS,
  QUERY_SCOPES,
  QUERY_SUBJECTS,
  querySchema,
  toOpenApi,
} from '@uplift/contracts';
import { COMMAND_ENDPOINTS } from '../nats/bus-command';
import { exampleOf } from './examples';

/* What the bus takes, made from the code that answers: for contracts/asyncapi.yaml and for the page at /asyncapi. */

type Json = Readonly<Record<string, unknown>>;

/** One request on the bus. */
export interface BusOperation {
  readonly name: string;
  readonly kind: 'command' | 'query';
  readonly subject: string;
  readonly summary: string;
  readonly scope: string;
  /** Name of its component: of openapi.json for a command, of asyncapi.yaml for a query. */
  readonly requestSchema: string;
  readonly request: Json;
  readonly requestExample: unknown;
  readonly answerSchema: string;
  readonly answerExample: unknown;
}

const QUERY_SUMMARIES: Readonly<Record<QueryName, string>> = {
  instanceGet: 'One instance',
  instanceList: 'A page of instances, newest first',
  instanceStats: 'Instances by status, upgrades by outcome, durations per stage',
  instanceTimeline: 'What happened to an instance, oldest first',
  upgradeGet: 'One upgrade with the durations of its stages',
  upgradeList: 'A page of upgrades, newest first',
  systemStatus: 'Whether starts are stopped: by whom, why and since when',
  systemFindings: 'What was found in store and bus, newest first',
};

/** @param api the published description of the same commands over HTTP */
export function busOperations(api: OpenAPIObject): readonly BusOperation[] {
  const schemas = (api.components?.schemas ?? {}) as Readonly<Record<string, Json>>;
  const commands = Object.entries(BUS_COMMAND_SUBJECTS).map(([name, subject]) => {
    const { schema, scope } = COMMAND_ENDPOINTS[subject];
    const { summary, answer } = overHttp(api, name);
    const request = schemas[schema] ?? {};
    return operation(
      { name, kind: 'command', subject, summary, scope, requestSchema: schema, request },
      { answer, schemas },
    );
  });
  const queries = Object.entries(QUERY_SUBJECTS).map(([each, subject]) => {
    const name = each as QueryName;
    const request = toOpenApi(querySchema(name)) as Json;
    const [answer = ''] = Object.keys(ANSWERS[QUERY_ANSWERS[name]].definitions).slice(-1);
    const asked: Asked = {
      ...{ name, kind: 'query' as const, subject, request, scope: QUERY_SCOPES[name] },
      ...{ summary: QUERY_SUMMARIES[name], requestSchema: `${capital(name)}Query` },
    };
    return operation(asked, { answer, schemas });
  });
  return [...commands, ...queries];
}

type Asked = Omit<BusOperation, 'requestExample' | 'answerSchema' | 'answerExample'>;

function operation(
  asked: Asked,
  {
    answer,
    schemas,
  }: { readonly answer: string; readonly schemas: Readonly<Record<string, Json>> },
): BusOperation {
  const { requestSchema, request, kind } = asked;
  const named = { $ref: `#/components/schemas/${requestSchema}` };
  return {
    ...asked,
    requestExample:
      kind === 'command'
        ? exampleOf(named, schemas)
        : onlyRequired(request, exampleOf(request, schemas)),
    answerSchema: answer,
    answerExample: exampleOf({ $ref: `#/components/schemas/${answer}` }, schemas),
  };
}

/** What a query may leave out it usually does. */
function onlyRequired({ required = [] }: Json, example: unknown): Json {
  const names = required as readonly string[];
  return Object.fromEntries(
    Object.entries(example as Json).filter(([name]) => names.includes(name)),
  );
}

/** A command, as every one is described. */
interface HttpOperation {
  readonly operationId?: string;
  readonly summary: string;
  readonly responses: Readonly<Record<string, HttpAnswer>>;
}

interface HttpAnswer {
  readonly content?: {
    readonly 'application/json'?: { readonly schema: { readonly $ref: string } };
  };
}

/** The same command over HTTP has the name of the command as its operation id. */
function overHttp({ paths }: OpenAPIObject, name: string) {
  const operations = Object.values(paths).flatMap((item) => Object.values(item) as HttpOperation[]);
  const found = operations.find(({ operationId }) => operationId === name);
  if (found === undefined) throw new Error(`No operation of HTTP is called ${name}`);
  const { summary, responses } = found;
  const { content } = responses['202'] ?? responses['200'] ?? {};
  const { $ref = '' } = content?.['application/json']?.schema ?? {};
  return { summary, answer: $ref.slice('#/components/schemas/'.length) };
}

const OPEN_API = 'application/vnd.oai.openapi+json;version=3.0.0';

interface AsyncApiParts {
  readonly channels: Json;
  readonly operations: Json;
  readonly messages: Json;
  /** Schemas of queries. */
  readonly queries: Json;
}

/** The parts of contracts/asyncapi.yaml that follow from the code; the others stand in the file. */
export function asyncApiParts(api: OpenAPIObject): AsyncApiParts {
  const requests = busOperations(api);
  const aliases = Object.entries(COMMAND_ALIASES).map(([address, subject]) =>
    aliasOf(
      address,
      requests.find((each) => each.subject === subject),
    ),
  );
  const events = (Object.keys(EVENT_CATEGORIES) as readonly EventCategory[]).map(eventsOf);
  const queries = requests.filter(({ kind }) => kind === 'query');
  return {
    channels: merged([...requests.map(channelsOf), ...aliases, ...events], 'channels'),
    operations: merged([...requests.map(operationsOf), ...aliases, ...events], 'operations'),
    messages: Object.assign({}, ...requests.map(messagesOf)) as Json,
    queries: Object.fromEntries(
      queries.map(({ name, requestSchema }) => [requestSchema, querySchema(name as QueryName)]),
    ),
  };
}

type Part = 'channels' | 'operations';

function merged(parts: readonly Partial<Record<Part, Json>>[], part: Part): Json {
  return Object.assign({}, ...parts.map((each) => each[part])) as Json;
}

/** The same command under another subject. */
function aliasOf(address: string, meant: BusOperation | undefined) {
  if (meant === undefined) throw new Error(`${address} stands for no command`);
  const name = `${meant.name}ByName`;
  const message = { $ref: `#/components/messages/${capital(meant.name)}` };
  const description = 'The same command for callers that know only its plain name.';
  const summary = `${meant.summary}, by its plain name ${address}`;
  return {
    channels: { [name]: { address, description, messages: { request: message } } },
    operations: { [name]: receive(meant, name, summary) },
  };
}

function eventsOf(category: EventCategory) {
  const channel = `${category}Events`;
  return {
    channels: { [channel]: { $ref: `./asyncapi-events.json#/channels/${channel}` } },
    operations: {
      [`publish${capital(channel)}`]: {
        action: 'send',
        summary: `The relay publishes every event of the category ${category}, once, in the order of the store`,
        channel: { $ref: `#/channels/${channel}` },
      },
    },
  };
}

function operationsOf(operation: BusOperation) {
  const { name, summary } = operation;
  return { operations: { [name]: receive(operation, name, summary) } };
}

function channelsOf({ name, subject }: BusOperation) {
  const message = `#/components/messages/${capital(name)}`;
  return {
    channels: {
      [name]: { address: subject, messages: { request: { $ref: message } } },
      [`${name}Reply`]: {
        address: null,
        description: "The caller's inbox.",
        messages: {
          answer: { $ref: `${message}Answer` },
          problem: { $ref: '#/components/messages/Problem' },
        },
      },
    },
  };
}

function receive({ name, scope }: BusOperation, channel: string, summary: string): Json {
  return {
    action: 'receive',
    summary,
    description: `Whoever shows a token needs the scope ${scope}.`,
    channel: { $ref: `#/channels/${channel}` },
    reply: { channel: { $ref: `#/channels/${name}Reply` } },
  };
}

function messagesOf(operation: BusOperation): Json {
  const { name, kind, requestSchema, answerSchema, requestExample, answerExample } = operation;
  const isCommand = kind === 'command';
  return {
    [capital(name)]: {
      headers: { $ref: `#/components/schemas/${isCommand ? 'CommandHeaders' : 'RequestHeaders'}` },
      payload: isCommand
        ? sharedWithHttp(requestSchema)
        : { $ref: `#/components/schemas/${requestSchema}` },
      examples: [
        {
          ...(isCommand ? { headers: { 'Idempotency-Key': 'CHG-1042-shop-main' } } : {}),
          payload: requestExample,
        },
      ],
    },
    [`${capital(name)}Answer`]: {
      payload: sharedWithHttp(answerSchema),
      examples: [{ payload: answerExample }],
    },
  };
}

function sharedWithHttp(schema: string): Json {
  return {
    schemaFormat: OPEN_API,
    schema: { $ref: `./openapi.json#/components/schemas/${schema}` },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
