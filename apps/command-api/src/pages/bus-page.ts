import type { OpenAPIObject } from '@nestjs/swagger';
import type { EventCategory } from '@uplift/contracts';
import { EVENT_CATEGORIES, EVENT_SUBJECT_ROOT, eventNameOf, eventSchema } from '@uplift/contracts';
import type { BusOperation } from './async-api';
import { busOperations } from './async-api';
import { escapeHtml, htmlPage } from './html-pages';

const ABOUT = `Commands and queries are requests over NATS with a JSON body; the answer comes to the inbox of whoever asks. A refused request is answered with the problem document that HTTP would send, and with its status in the header Nats-Service-Error-Code. Events are CloudEvents in the JetStream stream UPLIFT_EVENTS. Programs read contracts/asyncapi.yaml.`;

/** What is said on the bus, for people. */
export function busPage(api: OpenAPIObject): string {
  const schemas = (api.components?.schemas ?? {}) as Schemas;
  const operations = busOperations(api);
  const of = (kind: BusOperation['kind']) =>
    operations.filter((each) => each.kind === kind).map((each) => operationPart(each, schemas));
  const categories = Object.keys(EVENT_CATEGORIES) as readonly EventCategory[];
  return htmlPage(
    'The bus',
    [
      `<p>${escapeHtml(ABOUT)}</p>`,
      '<p><a href="#commands">Commands</a> · <a href="#queries">Queries</a> · <a href="#events">Events</a></p>',
      '<h2 id="commands">Commands</h2>',
      ...of('command'),
      '<h2 id="queries">Queries</h2>',
      ...of('query'),
      '<h2 id="events">Events</h2>',
      ...categories.map(eventsPart),
    ].join(''),
  );
}

function operationPart(operation: BusOperation, schemas: Schemas): string {
  const { name, kind, subject, summary, scope, request, requestExample, answerExample } = operation;
  const key = kind === 'command' ? ' -H Idempotency-Key:CHG-1042-shop-main' : '';
  const call = `nats req ${subject} '${JSON.stringify(requestExample)}'${key}`;
  return [
    `<h3 id="${escapeHtml(name)}"><code>${escapeHtml(subject)}</code></h3>`,
    `<p>${escapeHtml(summary)}. With a token: <code>${escapeHtml(scope)}</code></p>`,
    fieldsPart(request, schemas),
    `<pre>${escapeHtml(call)}</pre>`,
    `<details><summary>Answer</summary><pre>${escapeHtml(JSON.stringify(answerExample, null, 2))}</pre></details>`,
  ].join('');
}

/** As much of a schema as the page shows. */
interface Shown {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly allOf?: readonly Shown[];
  readonly $ref?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Shown>>;
}

type Schemas = Readonly<Record<string, Shown>>;

function fieldsPart({ properties = {}, required = [] }: Shown, schemas: Schemas): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const needed = required.includes(name) ? ', required' : '';
    const cells = [typeOf(schema, schemas) + needed, schema.description ?? ''].map(cell);
    return `<tr><td><code>${escapeHtml(name)}</code></td>${cells.join('')}</tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

function cell(text: string): string {
  return `<td>${escapeHtml(text)}</td>`;
}

/** A few values are named. */
const MOST_NAMED = 8;

function typeOf(schema: Shown, schemas: Schemas): string {
  const [inner] = schema.allOf ?? [];
  if (inner !== undefined) return typeOf(inner, schemas);
  if (schema.$ref === undefined) return kindOf(schema);
  return membersOf(schemas[/\w+$/.exec(schema.$ref)?.[0] ?? '']);
}

function kindOf(schema: Shown): string {
  const { type = 'value', format = type, enum: values } = schema;
  if (values === undefined) return `${format}${boundsOf(schema)}`;
  return values.length > MOST_NAMED ? `${type}, one of ${values.length}` : values.join(' | ');
}

function membersOf({ properties = {} }: Shown = {}): string {
  return `object with ${Object.keys(properties).join(', ')}`;
}

function boundsOf({ minimum = 0, maximum, maxLength }: Shown): string {
  if (maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  return maxLength === undefined ? '' : ` of at most ${maxLength} characters`;
}

function eventsPart(category: EventCategory): string {
  const rows = Object.keys(EVENT_CATEGORIES[category].schemas).map((type) => {
    const subject = `${EVENT_SUBJECT_ROOT}.${category}.${eventNameOf(type)}.<id>`;
    const { description = '' } = eventSchema(category, type) as Shown;
    return `<tr><td><code>${escapeHtml(subject)}</code></td>${cell(description)}</tr>`;
  });
  return `<h3><code>${EVENT_SUBJECT_ROOT}.${category}.&gt;</code></h3><table>${rows.join('')}</table>`;
}
