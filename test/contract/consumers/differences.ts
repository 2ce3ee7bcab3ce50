import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { Json, JsonObject } from '../../fuzz/hostile-values';
import type { Reliance } from './consumer-files';

/** What of `expected` is not in `actual`: objects may have more members, lists more items after those named. */
export function missingIn(actual: unknown, expected: Json, at = ''): readonly string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${at || '/'} is ${shown(actual)}, expected a list`];
    return (expected as readonly Json[]).flatMap((item, n) =>
      n < actual.length
        ? missingIn(actual[n], item, `${at}/${n}`)
        : [`${at}/${n} is missing, expected ${shown(item)}`],
    );
  }
  if (typeof expected !== 'object' || expected === null) {
    return actual === expected
      ? []
      : [`${at || '/'} is ${shown(actual)}, expected ${shown(expected)}`];
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) {
    return [`${at || '/'} is ${shown(actual)}, expected an object`];
  }
  return Object.entries(expected as JsonObject).flatMap(([name, value]) =>
    Object.hasOwn(actual, name)
      ? missingIn((actual as Record<string, unknown>)[name], value, `${at}/${name}`)
      : [`${at}/${name} is missing, expected ${shown(value)}`],
  );
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
