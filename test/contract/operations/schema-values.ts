import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { Json } from '../../fuzz/hostile-values';
import { asJsonSchema } from '../command-api/published-contract';
import type { JsonSchema, Schemas } from './published-operations';

type Values = fc.Arbitrary<Json>;

const COMPONENTS = '#/components/schemas/';
/** Longest text that is drawn where a schema has no limit, and most members where it has none. */
const LONGEST = 40;
const MOST = 4;
/** Values that are drawn to see whether any fits. */
const TRIED = 20;

/** Draws values that a schema of OpenAPI or AsyncAPI lets pass: the part of JSON Schema that ours use. */
export class SchemaValues {
  private readonly ajv = addFormats(new Ajv({ strict: false }));

  /** Members of these names get these values, so that ids are of something that there is. */
  constructor(
    private readonly components: Schemas,
    private readonly named: Readonly<Record<string, Values>> = {},
  ) {
    for (const [name, schema] of Object.entries(components)) {
      this.ajv.addSchema(asJsonSchema(schema) as JsonSchema, `${COMPONENTS}${name}`);
    }
  }

  of(schema: JsonSchema): Values {
    const validate = this.ajv.compile(asJsonSchema(schema) as JsonSchema);
    const drawn = this.drawn(schema);
    // Otherwise the filter would look for a value for ever.
    if (!fc.sample(drawn, { seed: 1, numRuns: TRIED }).some((value) => validate(value))) {
      throw new TypeError(`No value that is drawn fits ${JSON.stringify(schema)}`);
    }
    return drawn.filter((value) => validate(value));
  }

  private drawn(schema: JsonSchema): Values {
    const { nullable, ...rest } = schema as JsonSchema & { readonly nullable?: boolean };
    if (nullable === true) return fc.option(this.drawn(rest), { freq: 3 });
    if (typeof schema.$ref === 'string') return this.drawn(this.referred(schema.$ref));
    if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as Json[]));
    if ('allOf' in schema) return this.drawn(this.joined(schema));
    if ('oneOf' in schema) return fc.oneof(...alternatives(schema).map((one) => this.drawn(one)));
    return this.ofType(schema);
  }

  private ofType(schema: JsonSchema): Values {
    switch (schema.type) {
      case 'object':
        return this.object(schema);
      case 'array':
        return this.array(schema);
      case 'string':
        return text(schema);
      case 'integer':
        return fc.integer(bounds(schema));
      case 'boolean':
        return fc.boolean();
      default:
        throw new TypeError(`No values are drawn for ${JSON.stringify(schema)}`);
    }
  }

  private object(schema: JsonSchema): Values {
    const { properties = {}, required = [], additionalProperties } = schema as ObjectSchema;
    const members = Object.entries(properties).map(
      ([name, member]) => [name, this.named[name] ?? this.drawn(member)] as const,
    );
    const known = fc.record(Object.fromEntries(members), {
      requiredKeys: required.filter((name) => name in properties),
      noNullPrototype: true,
    });
    if (typeof additionalProperties !== 'object') return known;
    const { minProperties = 0, maxProperties = MOST } = schema as ObjectSchema;
    const size = { minKeys: minProperties, maxKeys: Math.min(maxProperties, MOST) };
    return fc.dictionary(memberName, this.drawn(additionalProperties), {
      ...size,
      noNullPrototype: true,
    });
  }

  private array(schema: JsonSchema): Values {
    const { items = {}, minItems: minLength = 0, maxItems = MOST } = schema as ArraySchema;
    const size = { minLength, maxLength: Math.min(maxItems, Math.max(MOST, minLength)) };
    const item = this.drawn(items);
    return schema.uniqueItems === true ? fc.uniqueArray(item, size) : fc.array(item, size);
  }

  private referred(ref: string): JsonSchema {
    const found = this.components[ref.split('/').at(-1) ?? ''];
    if (found === undefined) throw new RangeError(`No schema ${ref}`);
    return found;
  }

  /** One schema of all that `allOf` joins. */
  private joined({ allOf, ...own }: JsonSchema): JsonSchema {
    const parts = (allOf as readonly JsonSchema[]).map((part) =>
      typeof part.$ref === 'string' ? this.referred(part.$ref) : part,
    );
    return Object.assign({}, ...parts, own) as JsonSchema;
  }
}

interface ObjectSchema extends JsonSchema {
  readonly properties?: Schemas;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

interface ArraySchema extends JsonSchema {
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

interface TextSchema extends JsonSchema {
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** `oneOf` tells which members stand together: each alternative without those of the others. */
function alternatives({ oneOf, ...rest }: JsonSchema): readonly JsonSchema[] {
  const all = (oneOf as readonly ObjectSchema[]).map((one) => one.required ?? []);
  const { properties = {}, required: always = [] } = rest as ObjectSchema;
  return all.map((alternative) => {
    const others = new Set(all.flat().filter((name) => !alternative.includes(name)));
    const kept = Object.entries(properties).filter(([name]) => !others.has(name));
    const required = [...always, ...alternative];
    return { ...rest, required, properties: Object.fromEntries(kept) };
  });
}

function bounds({ minimum = -1_000, maximum = 1_000 }: JsonSchema) {
  return { min: Number(minimum), max: Number(maximum) };
}

const memberName = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

/** From the first second that a date may name to the last that RFC 3339 can write. */
const dateTime = fc
  .date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString());

function text(schema: TextSchema): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = LONGEST, pattern = '' } = schema;
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'date-time') return dateTime;
  const length = { minLength, maxLength: Math.min(maxLength, Math.max(LONGEST, minLength)) };
  const matching = drawnFrom(pattern, length);
  const longest = 'x'.repeat(maxLength);
  if (!new RegExp(pattern, 'u').test(longest)) return matching;
  return fc.oneof(
    { weight: 9, arbitrary: matching },
    { weight: 1, arbitrary: fc.constant(longest) },
  );
}

/** Any text where the pattern only keeps some characters out, else what is made after it. */
function drawnFrom(pattern: string, length: fc.StringConstraints): fc.Arbitrary<string> {
  const anyText = fc.string({ ...length, unit: 'binary' });
  const isMatched = (one: string) => new RegExp(pattern, 'u').test(one);
  const tried = fc.sample(anyText, { seed: 1, numRuns: TRIED });
  if (tried.filter(isMatched).length > TRIED / 2) return anyText.filter(isMatched);
  return fc.stringMatching(new RegExp(drawable(pattern), 'u'), { size: 'small' });
}

/** Without lookaheads, which cannot be drawn from: the values are held against the pattern afterwards. */
function drawable(pattern: string): string {
  return pattern.replace(/\(\?!.*?\)/g, '').replaceAll('\\p{Cc}', CONTROL_CHARACTERS);
}

const CONTROL_CHARACTERS = String.raw`\x00-\x1f\x7f-\x9f`;
