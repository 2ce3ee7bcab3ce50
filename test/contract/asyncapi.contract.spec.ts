import { join } from 'node:path';
import type { AsyncAPIDocumentInterface, MessageInterface, SchemaParser } from '@asyncapi/parser';
import { fromFile, Parser } from '@asyncapi/parser';
import type { EventCategory } from '@uplift/contracts';
import {
  categoryOf,
  COMMAND_ALIASES,
  BUS_COMMAND_SUBJECTS,
  encodeEvent,
  EVENT_CATEGORIES,
  EVENT_SUBJECT_ROOT,
  eventSchema,
  goldenEvents,
  QUERY_SUBJECTS,
} from '@uplift/contracts';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

const FILE = join(__dirname, '../../contracts/asyncapi.yaml');
const ERROR = 0;

/** Lets the shapes that HTTP and the bus share stand as they are. */
const openApiShapes: SchemaParser = {
  getMimeTypes: () => ['application/vnd.oai.openapi+json;version=3.0.0'],
  validate: () => [],
  parse: ({ data }) => data as Awaited<ReturnType<SchemaParser['parse']>>,
};

let api: AsyncAPIDocumentInterface;

beforeAll(async () => {
  const parser = new Parser();
  parser.registerSchemaParser(openApiShapes);
  const { document, diagnostics } = await fromFile(parser, FILE).parse();
  expect(diagnostics.filter(({ severity }) => Number(severity) === ERROR)).toEqual([]);
  if (!document) throw new Error(`${FILE} is not readable`);
  api = document;
});

function requestOn(address: string): readonly string[] {
  return api
    .operations()
    .all()
    .filter((operation) => operation.channels().some((channel) => channel.address() === address))
    .flatMap((operation) => operation.reply()?.channel()?.messages().all() ?? [])
    .map((message) => message.id());
}

const CATEGORIES = Object.keys(EVENT_CATEGORIES) as readonly EventCategory[];
const EVENTS = CATEGORIES.flatMap((category) =>
  Object.keys(EVENT_CATEGORIES[category].schemas).map((type) => ({ category, type })),
);

function eventMessage(category: EventCategory, type: string): MessageInterface | undefined {
  return api
    .channels()
    .all()
    .find((channel) => channel.id() === `${category}Events`)
    ?.messages()
    .get(type);
}

describe('asyncapi.yaml describes', () => {
  it.each([
    ...Object.values(BUS_COMMAND_SUBJECTS),
    ...Object.keys(COMMAND_ALIASES),
    ...Object.values(QUERY_SUBJECTS),
  ])('the request %s, with its answer and its problem', (subject) => {
    expect(requestOn(subject)).toEqual(['answer', 'problem']);
  });

  it('no request that is not there', () => {
    const known: readonly string[] = [
      ...Object.values(BUS_COMMAND_SUBJECTS),
      ...Object.keys(COMMAND_ALIASES),
      ...Object.values(QUERY_SUBJECTS),
      `${EVENT_SUBJECT_ROOT}.instance.{eventName}.{instanceId}`,
      `${EVENT_SUBJECT_ROOT}.environment.{eventName}.{environmentId}`,
      `${EVENT_SUBJECT_ROOT}.audit.{eventName}.{auditId}`,
      `${EVENT_SUBJECT_ROOT}.refusal.{eventName}.{refusalId}`,
      `${EVENT_SUBJECT_ROOT}.system.{eventName}.{systemId}`,
    ];
    const addresses = api
      .channels()
      .all()
      .flatMap((channel) => channel.address() ?? []);
    expect(addresses.sort()).toEqual([...known].sort());
  });

  it.each(EVENTS)('the $category event $type with its published schema', ({ category, type }) => {
    expect(eventMessage(category, type)?.payload()?.json()).toMatchObject({
      $id: eventSchema(category, type).$id,
    });
  });
});

interface HeaderSchema {
  readonly properties: Readonly<Record<string, unknown>>;
}

describe('an event on the bus', () => {
  const ajv = addFormats(new Ajv2020({ strict: false }));

  it.each(goldenEvents())('from $file has the headers that asyncapi.yaml names', ({ stored }) => {
    const { headers, subject } = encodeEvent(stored, { ordinal: 1, epoch: 'epoch-1' });
    const category = categoryOf(stored.stream) ?? 'instance';
    const message = eventMessage(category, stored.type);
    const schema = message?.headers()?.json<HeaderSchema>() ?? { properties: {}, not: {} };
    expect(ajv.validate(schema, headers) ? null : ajv.errorsText()).toBeNull();
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(headers)));
    expect(message?.name()).toBe(headers['ce-type']);
    expect(subject.startsWith(`${EVENT_SUBJECT_ROOT}.${category}.`)).toBe(true);
  });
});
