import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { Json, JsonObject } from '../../fuzz/hostile-values';
import type { Reliance } from './consumer-files';

/** What of `expected` is not in `actual`: objects may have more members, lists more items after those named. */
export function missingIn(actual: unknown, expected: Json, at = ''): readonly string[] {
  const kind = kindOf(expected);
  if (kind !== kindOf(actual)) return [differs(actual, expected, at)];
  if (kind === 'value') return actual === expected ? [] : [differs(actual, expected, at)];
  const [found, members] = [actual, expected] as [Members<unknown>, Members<Json>];
  return Object.entries(members).flatMap(([name, member]) =>
    Object.hasOwn(found, name)
      ? missingIn(found[name], member, `${at}/${name}`)
      : [`${at}/${name} is missing, expected ${shown(member)}`],
  );
}

/** Of an object, or of a list by their places. */
type Members<Value> = Readonly<Record<string, Value>>;

function kindOf(value: unknown): 'a list' | 'an object' | 'value' {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : 'value';
}

function differs(actual: unknown, expected: Json, at: string): string {
  const kind = kindOf(expected);
  return `${at || '/'} is ${shown(actual)}, expected ${kind === 'value' ? shown(expected) : kind}`;
}

const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));

/** Everything that somebody relies on and that is not so; empty if all is. */
export function brokenReliances(actual: unknown, { body, schema }: Reliance): readonly string[] {
  const misfits = schema === undefined ? [] : misfitsOf(actual, schema);
  return [...(body === undefined ? [] : missingIn(actual, body)), ...misfits];
}

function misfitsOf(actual: unknown, schema: JsonObject): readonly string[] {
  const validate = ajv.compile(schema);
  if (validate(actual)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message = '' }) => `${instancePath || '/'} ${message}`,
  );
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 200);
}
