import fc from 'fast-check';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: Json;
}

const STRANGE_TEXTS = [
  '',
  ' ',
  '\0',
  '\r\nSet-Cookie: a=b',
  '\ud800',
  '\u202e',
  '%',
  '%GG',
  '%00',
  '../../etc/passwd',
  '"){__schema{types{name}}}',
  "'; drop table instances; --",
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-0',
  '1e400',
  'Infinity',
  '9223372036854775808',
  '99999999999999999999',
  '2026-13-45T99:99:99Z',
  '00000000-0000-0000-0000-000000000000',
];

const EDGE_NUMBERS = [0, -0, -1, 0.5, 1e21, 2 ** 31, 2 ** 53, -(2 ** 63), 1.7e308, 5e-324];

/** Texts that parsers, databases, shells and logs have stumbled over, and any other. */
export const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...STRANGE_TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.nat({ max: 3_000 }).map((length) => 'x'.repeat(length)) },
);

const nested = fc
  .tuple(fc.constantFrom('list', 'object'), fc.nat({ max: 200 }))
  .map(([kind, depth]) => {
    let value: Json = 1;
    for (let n = 0; n < depth; n += 1) value = kind === 'list' ? [value] : { a: value };
    return value;
  });

/** Any JSON, what is rare more often than chance would have it. */
export const anyJson: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json> },
  { weight: 3, arbitrary: anyText },
  { weight: 2, arbitrary: fc.constantFrom<Json>(...EDGE_NUMBERS, true, false, null) },
  { weight: 1, arbitrary: nested },
);

export const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  anyText.map((text) => new Uint8Array(Buffer.from(text))),
);

interface Change {
  /** Which of all places, counted round. */
  readonly place: number;
  readonly how: 'replace' | 'remove' | 'add' | 'repeat';
  readonly name: string;
  readonly value: Json;
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat({ max: 500 }),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'repeat'),
  name: anyText,
  value: anyJson,
});

/** Valid JSON with up to a few places changed; with none it is valid. */
export function changedJson(valid: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc
    .tuple(valid, fc.array(change, { maxLength: 3 }))
    .map(([json, changes]) => changes.reduce(changed, json));
}

function changed(json: Json, each: Change): Json {
  const places = placesOf(json);
  const place = places[each.place % places.length] ?? [];
  return withChange(json, place, each);
}

type Place = readonly string[];

function placesOf(json: Json): readonly Place[] {
  if (typeof json !== 'object' || json === null) return [[]];
  const inner = Object.entries(json as JsonObject).flatMap(([key, value]) =>
    placesOf(value).map((place) => [key, ...place]),
  );
  return [[], ...inner];
}

function withChange(json: Json, [key, ...rest]: Place, each: Change): Json {
  if (key === undefined) return atPlace(json, each);
  if (Array.isArray(json)) {
    const items = json as readonly Json[];
    const isLast = rest.length === 0;
    if (isLast && each.how === 'remove') return items.filter((_, n) => String(n) !== key);
    return items.map((item, n) => (String(n) === key ? withChange(item, rest, each) : item));
  }
  const members = Object.entries(json as JsonObject);
  if (rest.length === 0 && each.how === 'remove') {
    return Object.fromEntries(members.filter(([name]) => name !== key));
  }
  return Object.fromEntries(
    members.map(([name, value]) => [name, name === key ? withChange(value, rest, each) : value]),
  );
}

function atPlace(json: Json, { how, name, value }: Change): Json {
  if (how === 'repeat') return [json, json];
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  if (how !== 'add' || !isObject) return value;
  // Object literals would set the prototype instead.
  return JSON.parse(
    JSON.stringify(json).replace(/^\{/, () => {
      const comma = Object.keys(json).length > 0 ? ',' : '';
      return `{${JSON.stringify(name)}:${JSON.stringify(value)}${comma}`;
    }),
  ) as Json;
}
