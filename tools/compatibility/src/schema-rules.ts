/** One node of a JSON Schema, or of a schema of OpenAPI 3.0. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What became of a contract that others rely on. */
export interface BrokenRule {
  readonly rule: string;
  /** Where: an operation or an event, then the members. */
  readonly at: string;
  readonly what: string;
}

/**
 * Who relies on a schema: `request` those who send, so that what was accepted has to be accepted; `answer` those who
 * read, so that what they found has to be there; `event` both: builds read what older ones have stored.
 */
export type Use = 'request' | 'answer' | 'event';

/** A schema with the document that its references lead into. */
export interface Placed {
  readonly schema: JsonSchema;
  readonly document: JsonSchema;
}

interface Comparison {
  readonly use: Use;
  readonly at: string;
  /** Pairs of references that are compared already: schemas refer to themselves. */
  readonly seen: ReadonlySet<string>;
}

const isRead = ({ use }: Comparison) => use !== 'request';
const isSent = ({ use }: Comparison) => use !== 'answer';

/** Every rule that the new schema breaks for those who know the old one. */
export function brokenRules(
  old: Placed,
  now: Placed,
  place: { readonly use: Use; readonly at: string },
): readonly BrokenRule[] {
  return compared(old, now, { ...place, seen: new Set() });
}

function compared(old: Placed, now: Placed, comparison: Comparison): readonly BrokenRule[] {
  const pair = `${String(old.schema.$ref)} ${String(now.schema.$ref)}`;
  const isReference = '$ref' in old.schema && '$ref' in now.schema;
  if (isReference && comparison.seen.has(pair)) return [];
  const seen = isReference ? new Set([...comparison.seen, pair]) : comparison.seen;
  const [was, is] = [resolved(old), resolved(now)];
  const inner = { ...comparison, seen };
  if (alternativesOf(was).length > 1 || alternativesOf(is).length > 1) {
    return alternativesCompared(was, is, inner);
  }
  return [
    ...typesCompared(was.schema, is.schema, inner),
    ...valuesCompared(was.schema, is.schema, inner),
    ...boundsCompared(was.schema, is.schema, inner),
    ...membersCompared(was, is, inner),
    ...itemsCompared(was, is, inner),
  ];
}

/** Follows references, and joins what `allOf` joins. */
function resolved({ schema, document }: Placed): Placed {
  const { $ref, allOf, ...own } = schema;
  const parts = [
    ...(typeof $ref === 'string' ? [schemaAt(document, $ref)] : []),
    ...(Array.isArray(allOf) ? (allOf as readonly JsonSchema[]) : []),
  ];
  if (parts.length === 0) return { schema, document };
  const joined = parts.map((part) => resolved({ schema: part, document }).schema);
  return { schema: Object.assign({}, ...joined, own) as JsonSchema, document };
}

function schemaAt(document: JsonSchema, reference: string): JsonSchema {
  const names = reference.replace(/^#\//, '').split('/');
  const found = names.reduce<unknown>(
    (node, name) => (node as JsonSchema | undefined)?.[name],
    document,
  );
  if (typeof found !== 'object' || found === null) throw new RangeError(`Nothing at ${reference}`);
  return found as JsonSchema;
}

/** The kinds of values that a schema lets pass. Conditions on one kind, such as which members stand together, are no kinds. */
function alternativesOf({ schema, document }: Placed): readonly Placed[] {
  const { anyOf, oneOf, nullable, ...rest } = schema;
  const listed = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined;
  const isCondition = rest.type !== undefined || listed === undefined;
  const kinds = isCondition ? [{ ...schema, nullable: false }] : listed;
  const all = nullable === true ? [...kinds, { type: 'null' }] : kinds;
  return all.map((kind) => ({ schema: kind, document }));
}

function alternativesCompared(was: Placed, is: Placed, comparison: Comparison) {
  const [before, after] = [alternativesOf(was), alternativesOf(is)];
  const has = (some: readonly Placed[], fits: (one: Placed) => boolean) => some.some(fits);
  const goesOn = (old: Placed, now: Placed) => compared(old, now, comparison).length === 0;
  const removed = isSent(comparison)
    ? before.filter((old) => !has(after, (now) => goesOn(old, now)))
    : [];
  const added = isRead(comparison)
    ? after.filter((now) => !has(before, (old) => goesOn(old, now)))
    : [];
  // One that has changed shows on both sides, and what of it has changed says more.
  const [old, ...otherOld] = unmatched(before, after, goesOn);
  const [now, ...otherNow] = unmatched(after, before, (one, other) => goesOn(other, one));
  const isOneChange =
    old !== undefined && now !== undefined && otherOld.length + otherNow.length === 0;
  if (isOneChange && !isNull(old) && !isNull(now)) return compared(old, now, comparison);
  return [
    ...removed.map((one) =>
      broken(comparison, isNull(one) ? 'null-refused' : 'kind-removed', shown(one)),
    ),
    ...added.map((one) =>
      broken(comparison, isNull(one) ? 'null-added' : 'kind-added', shown(one)),
    ),
  ];
}

function unmatched(
  some: readonly Placed[],
  others: readonly Placed[],
  fits: (one: Placed, other: Placed) => boolean,
): readonly Placed[] {
  return some.filter((one) => !others.some((other) => fits(one, other)));
}

function isNull({ schema }: Placed): boolean {
  return schema.type === 'null';
}

function shown({ schema }: Placed): string {
  return JSON.stringify(schema).slice(0, 100);
}

function broken({ at }: Comparison, rule: string, what: string): BrokenRule {
  return { rule, at, what };
}

function typesCompared(was: JsonSchema, is: JsonSchema, comparison: Comparison) {
  if (was.type === is.type) return [];
  if (!isRead(comparison) && isAnyOf(was, is)) return [];
  if (!isSent(comparison) && isAnyOf(is, was)) return [];
  return [broken(comparison, 'type-changed', `${kindOf(was)} has become ${kindOf(is)}`)];
}

/** Whether every value of the one type is one of the other. */
function isAnyOf(one: JsonSchema, other: JsonSchema): boolean {
  return other.type === undefined || (one.type === 'integer' && other.type === 'number');
}

function kindOf({ type }: JsonSchema): string {
  return type === undefined ? 'anything' : JSON.stringify(type);
}

function valuesCompared(was: JsonSchema, is: JsonSchema, comparison: Comparison) {
  const [before, after] = [valuesOf(was), valuesOf(is)];
  if (before === null || after === null) return limitsCompared(before, after, comparison);
  const removed = isSent(comparison) ? before.filter((value) => !after.includes(value)) : [];
  // A list in an answer may grow: its readers take a value that they do not know as such.
  const isGrowing = comparison.use !== 'event';
  const added = isGrowing ? [] : after.filter((value) => !before.includes(value));
  return [
    ...removed.map((value) => broken(comparison, 'value-removed', String(value))),
    ...added.map((value) => broken(comparison, 'value-added', String(value))),
  ];
}

/** Where one of the two names its values, and the other takes any. */
function limitsCompared(before: Values | null, after: Values | null, comparison: Comparison) {
  if (after !== null && isSent(comparison)) {
    return [broken(comparison, 'values-limited', `only ${after.join(', ')}`)];
  }
  if (before !== null && comparison.use === 'event') {
    return [broken(comparison, 'values-unlimited', 'any value')];
  }
  return [];
}

type Values = readonly unknown[];

function valuesOf(schema: JsonSchema): Values | null {
  if ('const' in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : null;
}

const LOWER_BOUNDS = ['minimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS = ['maximum', 'maxLength', 'maxItems', 'maxProperties'];
const FORMS = ['pattern', 'format', 'uniqueItems'];

function boundsCompared(was: JsonSchema, is: JsonSchema, comparison: Comparison) {
  if (!isSent(comparison)) return [];
  const tightened = [
    ...LOWER_BOUNDS.filter(
      (bound) => Number(is[bound] ?? -Infinity) > Number(was[bound] ?? -Infinity),
    ),
    ...UPPER_BOUNDS.filter(
      (bound) => Number(is[bound] ?? Infinity) < Number(was[bound] ?? Infinity),
    ),
  ];
  const changed = FORMS.filter((form) => is[form] !== undefined && is[form] !== was[form]);
  const toldOf = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value));
  const told = (name: string) => `${name} was ${toldOf(was[name])}, is ${toldOf(is[name])}`;
  return [
    ...tightened.map((bound) => broken(comparison, 'bound-tightened', told(bound))),
    ...changed.map((form) => broken(comparison, 'form-changed', told(form))),
  ];
}

interface ObjectSchema extends JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

function membersCompared(old: Placed, now: Placed, comparison: Comparison): readonly BrokenRule[] {
  const { properties: before = {}, required: had = [] } = old.schema as ObjectSchema;
  const { properties: after = {}, required: has = [] } = now.schema as ObjectSchema;
  const of = (member: string) => ({ ...comparison, at: `${comparison.at}/${member}` });
  return [
    ...Object.entries(before).flatMap(([member, schema]) => {
      const next = after[member];
      if (next === undefined) return [broken(of(member), 'member-removed', member)];
      return compared({ ...old, schema }, { ...now, schema: next }, of(member));
    }),
    ...(isSent(comparison) ? has.filter((member) => !had.includes(member)) : []).map((member) =>
      broken(of(member), member in before ? 'member-made-required' : 'new-member-required', member),
    ),
    ...(isRead(comparison) ? had.filter((member) => !has.includes(member)) : [])
      .filter((member) => member in after)
      .map((member) => broken(of(member), 'member-made-optional', member)),
    ...furtherMembers(old, now, comparison),
  ];
}

function furtherMembers(old: Placed, now: Placed, comparison: Comparison): readonly BrokenRule[] {
  const before = old.schema.additionalProperties ?? true;
  const after = now.schema.additionalProperties ?? true;
  if (typeof before === 'object' && typeof after === 'object') {
    const of = { ...comparison, at: `${comparison.at}/*` };
    const schemas = [before, after] as [JsonSchema, JsonSchema];
    return compared({ ...old, schema: schemas[0] }, { ...now, schema: schemas[1] }, of);
  }
  const isClosed = before !== false && after === false;
  return isClosed && isSent(comparison)
    ? [broken(comparison, 'members-closed', 'no member beside those named')]
    : [];
}

function itemsCompared(old: Placed, now: Placed, comparison: Comparison): readonly BrokenRule[] {
  const [before, after] = [old.schema.items, now.schema.items] as (JsonSchema | undefined)[];
  if (before === undefined || after === undefined) return [];
  const of = { ...comparison, at: `${comparison.at}/items` };
  return compared({ ...old, schema: before }, { ...now, schema: after }, of);
}
