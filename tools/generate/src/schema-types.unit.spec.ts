import { INSTANCE_STATUSES } from '@uplift/domain';
import type { JsonSchema } from './schema-types';
import { declarationOf, reachable, typeName, typesFile } from './schema-types';

/** The type of one member that is demanded. */
function typeOf(schema: JsonSchema): string {
  const written = declarationOf('Made', { required: ['it'], properties: { it: schema } });
  return /readonly it: (.*);/.exec(written)?.[1] ?? '';
}

const text = { type: 'string' };
const nothing = { type: 'null' };
const some = { $ref: '#/$defs/Some' };

describe('a type made from a schema', () => {
  it.each<[string, JsonSchema]>([
    ['string', text],
    ['number', { type: 'integer' }],
    ['boolean', { type: 'boolean' }],
    ['unknown', {}],
    ['string | null', { anyOf: [text, nothing] }],
    ["'a' | 'b'", { type: 'string', enum: ['a', 'b'] }],
    ['true', { const: true }],
    ['InstanceStatus', { type: 'string', enum: INSTANCE_STATUSES }],
    ['readonly string[]', { type: 'array', items: text }],
    ['readonly (string | null)[]', { type: 'array', items: { anyOf: [text, nothing] } }],
    ['readonly string[] | null', { anyOf: [{ type: 'array', items: text }, nothing] }],
    [
      'Readonly<Record<string, number>>',
      { type: 'object', additionalProperties: { type: 'integer' } },
    ],
    ['Readonly<Record<string, unknown>>', { type: 'object', additionalProperties: true }],
    ['Some', some],
    ['Some | null', { anyOf: [some, nothing] }],
    ['InstanceDocument', { allOf: [{ $ref: '#/components/schemas/Instance' }] }],
    ['SomeInput', { $ref: '#/components/schemas/SomeDto' }],
    ['{ readonly a: string; }', { type: 'object', required: ['a'], properties: { a: text } }],
  ])('is %s', (type, schema) => {
    expect(typeOf(schema)).toBe(type);
  });

  it('has what may be missing, and says what each member is', () => {
    const properties = { a: { ...text, description: 'The first' }, b: text };
    expect(declarationOf('Made', { required: ['b'], properties })).toBe(
      [
        'export interface Made {',
        '  /** The first */',
        '  readonly a?: string;',
        '  readonly b: string;',
        '}',
      ].join('\n'),
    );
  });

  it('is a choice where the schema is one', () => {
    expect(declarationOf('Made', { anyOf: [some, text] })).toBe(
      'export type Made = Some | string;',
    );
  });
});

it('the parts of a schema are found at any remove, in the order of the document', () => {
  const schemas = {
    Leaf: text,
    Unused: text,
    Some: { properties: { a: { $ref: '#/$defs/Leaf' } } },
    Made: some,
  };
  expect(reachable(['Made'], schemas)).toEqual(['Leaf', 'Some', 'Made']);
  expect(() => reachable(['Gone'], schemas)).toThrow('There is no schema Gone');
});

it('a file imports what it names, and no more', () => {
  const status = { type: 'string', enum: INSTANCE_STATUSES };
  const made = declarationOf(typeName('Made'), { properties: { status, evidence: {} } });
  expect(typesFile('/* made */', [made]).split('\n').slice(0, 3)).toEqual([
    '/* made */',
    "import type { Evidence } from '@uplift/domain';",
    "import type { InstanceStatus } from '@uplift/domain';",
  ]);
  expect(typesFile('/* made */', ['export type A = string;'])).not.toContain('import');
});
