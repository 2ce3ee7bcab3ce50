import { applyDecorators } from '@nestjs/common';
import type { Type as DtoClass } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import {
  FAULTS,
  isUtcTime,
  longerThan,
  moreItemsThan,
  noneOf,
  outsideOf,
  UTC_TIME,
  UTC_TIME_RULE,
} from '@uplift/contracts';
import { LONGEST_LABEL, MOST_LABELS } from '@uplift/domain';
import { holdsMailAddress, secretIn } from './sensitive-text';

interface FieldOptions {
  readonly description: string;
  readonly optional?: boolean;
}

interface TextOptions extends FieldOptions {
  readonly maxLength: number;
  readonly pattern?: RegExp;
  /** What the pattern means, in words. */
  readonly rule?: string;
  /** Words of a person: no mail address may be among them. */
  readonly isProse?: boolean;
}

type Schema = Exclude<Parameters<typeof ApiProperty>[0], undefined>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Printable text without control characters. */
const LINE = /^[^\p{Cc}]*$/u;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A member of a body, described and validated in one place. Unless optional it must be there; null is never absence. */
export function Field(
  schema: Schema,
  { description, optional = false }: FieldOptions,
  ...rules: PropertyDecorator[]
): PropertyDecorator {
  const mayBeAbsent = optional ? [ValidateIf((_, value) => value !== undefined)] : [];
  const described = { ...schema, description, required: !optional } as Schema;
  return applyDecorators(ApiProperty(described), ...rules, ...mayBeAbsent);
}

/** One line of text, which holds no secret as far as that can be seen. */
export function TextField({
  pattern = LINE,
  rule: words,
  isProse = false,
  ...options
}: TextOptions): PropertyDecorator {
  const { maxLength } = options;
  const message = words === undefined ? FAULTS.line : `must be ${words}`;
  return Field(
    { type: 'string', maxLength, pattern: pattern.source },
    options,
    IsString({ message: FAULTS.text }),
    MaxLength(maxLength, { message: longerThan(maxLength) }),
    Matches(pattern, { message }),
    rule('isHarmless', (value) => whySensitive(value, { maxLength, isProse })),
  );
}

const INSTEAD_OF_SECRET =
  'and the history keeps it for ever: keep it in a variable of the environment in Lagoon, and name that variable here';
const MAIL_ADDRESS =
  'holds a mail address, and the history keeps it for ever: name a team or a ticket instead';

/** Undefined also for what is no text or too long: another rule says so. */
function whySensitive(
  value: unknown,
  { maxLength, isProse }: { readonly maxLength: number; readonly isProse: boolean },
): string | undefined {
  if (typeof value !== 'string' || value.length > maxLength) return undefined;
  const secret = secretIn(value);
  if (secret !== undefined) return `seems to hold ${secret}, ${INSTEAD_OF_SECRET}`;
  return isProse && holdsMailAddress(value) ? MAIL_ADDRESS : undefined;
}

/** One line of text that is not empty. */
export const oneLine = { pattern: /^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$/u, rule: 'one line of text' };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;
/** How projects, environments and cores are called. */
export const nameRule = {
  pattern: NAME,
  rule: 'a name of letters, digits, ".", "_", "/" and "-"',
};

/** Why somebody asks for something: every command of an operator has one. */
export function ReasonField(options: { readonly optional?: boolean } = {}): PropertyDecorator {
  const description = 'Why, for those who read the history; no personal data';
  return TextField({ description, maxLength: 500, isProse: true, ...oneLine, ...options });
}

/** @param options `required`: what is said where it is missing */
export function UuidField(
  options: FieldOptions & { readonly required?: string },
): PropertyDecorator {
  const { required } = options;
  return Field(
    { type: 'string', format: 'uuid', pattern: UUID.source },
    options,
    Matches(UUID, { message: FAULTS.uuid, context: { required } }),
  );
}

export function ChoiceField(
  values: readonly string[],
  options: FieldOptions & { readonly default?: string },
): PropertyDecorator {
  const fallback = options.default === undefined ? {} : { default: options.default };
  const message = ({ value }: { readonly value: unknown }) => noneOf(values, value);
  return Field(
    { type: 'string', enum: [...values], ...fallback },
    options,
    IsIn(values, { message }),
  );
}

export function FlagField(options: FieldOptions): PropertyDecorator {
  return Field({ type: 'boolean' }, options, IsBoolean({ message: FAULTS.flag }));
}

/** A flag that is there or not: false says nothing. */
export function SetField(options: FieldOptions): PropertyDecorator {
  const message = 'must be true, or left out';
  return Field({ type: 'boolean', enum: [true] }, options, IsIn([true], { message }));
}

/** A moment in UTC, RFC 3339. */
export function TimeField(options: FieldOptions): PropertyDecorator {
  return Field(
    { type: 'string', format: 'date-time', pattern: UTC_TIME.source },
    options,
    rule('isTime', (value) => (isUtcTime(value) ? undefined : UTC_TIME_RULE)),
  );
}

export function CountField(
  options: FieldOptions & { readonly minimum: number; readonly maximum: number },
): PropertyDecorator {
  const { minimum, maximum } = options;
  const schema = { type: 'integer', minimum, maximum } as const;
  const message = outsideOf(minimum, maximum);
  const rules = [IsInt({ message }), Min(minimum, { message }), Max(maximum, { message })];
  return Field(schema, options, ...rules);
}

/** Names of members that belong together. */
export type Form = readonly string[];

/**
 * An optional object inside a body; with `forms` it has the members of exactly one of them. Never a list:
 * on its own, class-validator would look into either.
 */
export function NestedField(
  type: DtoClass<object>,
  description: string,
  forms: readonly Form[] = [],
): PropertyDecorator {
  const oneOf = forms.map((form) => ({ required: [...form] }));
  return Field(
    { type, ...(forms.length === 0 ? {} : { oneOf }) },
    { description, optional: true },
    ...(forms.length === 0 ? [] : [hasOneForm(forms)]),
    IsObject({ message: FAULTS.object }),
    ValidateNested(),
    Type(() => type),
  );
}

/** An optional, bounded list of objects. */
export function NestedListField(
  type: DtoClass<object>,
  { description, maxItems }: { readonly description: string; readonly maxItems: number },
): PropertyDecorator {
  return Field(
    { type: [type], maxItems },
    { description, optional: true },
    IsArray({ message: FAULTS.list }),
    ArrayMaxSize(maxItems, { message: moreItemsThan(maxItems) }),
    IsObject({ each: true, message: 'must be a list of JSON objects' }),
    ValidateNested({ each: true }),
    Type(() => type),
  );
}

const LABEL_KEY = /^[a-z0-9]([a-z0-9._/-]{0,62})$/;
const LABEL_RULE = `must hold at most ${MOST_LABELS} labels: keys of a-z, 0-9, ".", "_", "/" and "-", texts of at most ${LONGEST_LABEL} characters`;

const LABEL_MAP = {
  type: 'object',
  maxProperties: MOST_LABELS,
  additionalProperties: { type: 'string', maxLength: LONGEST_LABEL },
} as const;

/** Free labels of an instance: an optional, bounded object of short texts. */
export function LabelMapField(description: string): PropertyDecorator {
  return Field(
    LABEL_MAP,
    { description, optional: true },
    rule('isLabelMap', (value) => (isLabelMap(value) ? whySensitiveLabel(value) : LABEL_RULE)),
  );
}

/** The same as a limit, which has one label at least: an empty one could mean none as well as all. */
export function LimitField(description: string): PropertyDecorator {
  return Field(
    { ...LABEL_MAP, minProperties: 1 },
    { description, optional: true },
    rule('isLimit', (value) =>
      isLabelMap(value) && Object.keys(value).length > 0
        ? whySensitiveLabel(value)
        : `${LABEL_RULE}, and one at least`,
    ),
  );
}

function whySensitiveLabel(labels: Readonly<Record<string, string>>): string | undefined {
  const options = { maxLength: 2 * LONGEST_LABEL, isProse: true };
  for (const [key, text] of Object.entries(labels)) {
    // With its key: `password: x` is a secret as much as `password=x`.
    const why = whySensitive(text === '' ? '' : `${key}=${text}`, options);
    if (why !== undefined) return `${key} ${why}`;
  }
  return undefined;
}

function isLabelMap(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MOST_LABELS && entries.every(isLabel);
}

function isLabel([key, text]: [string, unknown]): boolean {
  return LABEL_KEY.test(key) && typeof text === 'string' && text.length <= LONGEST_LABEL;
}

function hasOneForm(forms: readonly Form[]): PropertyDecorator {
  const members = [...new Set(forms.flat())];
  const names = forms.map((form) => form.join(' and ')).join(', ');
  return rule('hasOneForm', (value) => {
    const fault = `must have exactly one of: ${names}`;
    if (typeof value !== 'object' || value === null) return fault;
    const object = value as Readonly<Record<string, unknown>>;
    const present = members.filter((member) => object[member] !== undefined);
    const isOfOne = forms.some(
      (form) => form.length === present.length && form.every((member) => present.includes(member)),
    );
    return isOfOne ? undefined : fault;
  });
}

/** `faultOf`: what is wrong with the value, undefined if nothing is. */
function rule(name: string, faultOf: (value: unknown) => string | undefined): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => faultOf(value) === undefined,
      defaultMessage: (args) => faultOf(args?.value) ?? '',
    },
  });
}
