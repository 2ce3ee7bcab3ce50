import fc from 'fast-check';
import type { Json } from '../../fuzz/hostile-values';
import type { Given } from './given-states';
import type { BusOperation, HttpOperation, Parameter } from './published-operations';
import { PUBLISHED_SCHEMAS } from './published-operations';
import { SchemaValues } from './schema-values';

/** A request as it is sent. */
export interface HttpInput {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const INSTANCE = '11111111-0000-4000-8000-000000000001';
const UPGRADE = '22222222-0000-4000-8000-000000000002';
const NDJSON = 'application/x-ndjson';

const mostly = (id: string) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(id) }, { weight: 1, arbitrary: fc.uuid() });
const IDS = { instanceId: mostly(INSTANCE), upgradeId: mostly(UPGRADE) };

const values = new SchemaValues(PUBLISHED_SCHEMAS, IDS);

/** An input with the ids of what there is by then. */
export function inserted<Input>(input: Input, { instanceId, upgradeId }: Given): Input {
  const text = JSON.stringify(input);
  return JSON.parse(text.replaceAll(INSTANCE, instanceId).replaceAll(UPGRADE, upgradeId)) as Input;
}

export function busInputs({ request }: BusOperation): fc.Arbitrary<Json> {
  return values.of(request);
}

export function httpInputs(operation: HttpOperation): fc.Arbitrary<HttpInput> {
  const drawn = fc.record({
    inPath: parameters(operation, 'path'),
    inQuery: parameters(operation, 'query'),
    headers: parameters(operation, 'header'),
    body: bodies(operation),
  });
  const { contentType, path } = operation;
  return drawn.map(({ inPath, inQuery, headers, body }) => ({
    path: `${filled(path, inPath)}${queryOf(inQuery)}`,
    headers: {
      ...(contentType === null ? {} : { 'content-type': contentType }),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, asText(value)])),
    },
    body,
  }));
}

type Values = Readonly<Record<string, Json>>;

function parameters(operation: HttpOperation, place: Parameter['in']): fc.Arbitrary<Values> {
  const some = operation.parameters.filter((parameter) => parameter.in === place);
  const members = some.map((parameter) => [parameter.name, parameterOf(operation, parameter)]);
  return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<Json>>, {
    requiredKeys: some.filter(({ required }) => required === true).map(({ name }) => name),
    noNullPrototype: true,
  });
}

function parameterOf({ path }: HttpOperation, parameter: Parameter): fc.Arbitrary<Json> {
  const { name, schema } = parameter;
  const drawn = values.of(schema);
  if (parameter.in === 'header') return drawn.filter((value) => isHeaderValue(asText(value)));
  if (name === 'upgradeId' || path === `/v1/upgrades/{${name}}`) return IDS.upgradeId;
  const isInstance = /^\/(v1\/instances|api\/instance)\/$/.test(path.split(`{${name}}`)[0] ?? '');
  if (name === 'instanceId' || (parameter.in === 'path' && isInstance)) return IDS.instanceId;
  return drawn;
}

function bodies({ body, contentType }: HttpOperation): fc.Arbitrary<string | null> {
  if (body === null) return fc.constant(null);
  if (contentType !== NDJSON) return values.of(body).map((value) => JSON.stringify(value));
  const line = values.of({ $ref: '#/components/schemas/ImportedInstanceDto' });
  return fc
    .array(line, { minLength: 1, maxLength: 3 })
    .map((lines) => lines.map((value) => JSON.stringify(value)).join('\n'));
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What HTTP carries as it is: nothing else can be sent. */
function isHeaderValue(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) && text.trim() === text;
}

function filled(template: string, inPath: Values): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(asText(inPath[name] ?? '')),
  );
}

/** A list as a parameter that stands several times. */
function queryOf(inQuery: Values): string {
  const pairs = Object.entries(inQuery).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(asText(one))}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
