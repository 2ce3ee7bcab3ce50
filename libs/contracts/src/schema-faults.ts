import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020';
import { FAULTS, longerThan, noneOf, outsideOf } from './invalid-input';
import type { ProblemFault } from './problems';
import type { AnySchema, JsonSchema } from './schema';
import { isUtcTime, UTC_TIME_RULE } from './utc-time';

const LOWER_UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** What text may look like. */
export const PATTERNS = {
  digits: '^\\d+$',
  line: '^[^\\p{Cc}]*$',
  label: '^[^=\\p{Cc}]+=[^\\p{Cc}]*$',
  uuid: `^${LOWER_UUID}$`,
  uuids: `^${LOWER_UUID}(,${LOWER_UUID}){0,99}$`,
} as const;

const formats = { uuid: new RegExp(PATTERNS.uuid, 'i'), 'date-time': isUtcTime };
const ajv = new Ajv2020({ strict: true, allErrors: true, verbose: true, formats });
const validators = new Map<AnySchema, ValidateFunction>();

/** Where a body breaks its schema, and how. */
export function faultsIn(schema: AnySchema, body: unknown): readonly ProblemFault[] {
  const validate = validators.get(schema) ?? ajv.compile(schema.json);
  validators.set(schema, validate);
  if (validate(body)) return [];
  return (validate.errors ?? []).map(toFault);
}

function toFault(error: ErrorObject): ProblemFault {
  const { additionalProperty, missingProperty } = error.params as Record<string, string>;
  if (additionalProperty !== undefined) {
    return { pointer: error.instancePath + pointerTo(additionalProperty), detail: FAULTS.unknown };
  }
  if (missingProperty !== undefined) {
    return { pointer: error.instancePath + pointerTo(missingProperty), detail: FAULTS.required };
  }
  const words = IN_WORDS[error.keyword]?.(error);
  return { pointer: error.instancePath, detail: words ?? error.message ?? '' };
}

/** What a keyword of a schema asks for, in the words in which commands are refused. */
const IN_WORDS: Readonly<Record<string, (error: ErrorObject) => string | undefined>> = {
  type: ({ params, parentSchema }) =>
    params.type === 'integer' ? rangeOf(parentSchema) : TYPES[params.type as string],
  enum: ({ params, data }) => noneOf(params.allowedValues as string[], data),
  maxLength: ({ params }) => longerThan(params.limit as number),
  minLength: () => 'must not be empty',
  minimum: ({ parentSchema }) => rangeOf(parentSchema),
  maximum: ({ parentSchema }) => rangeOf(parentSchema),
  format: ({ params }) => (params.format === 'date-time' ? UTC_TIME_RULE : 'must be a UUID'),
  pattern: ({ params }) => PATTERN_RULES[params.pattern as string],
};

const TYPES: Readonly<Record<string, string>> = {
  string: FAULTS.text,
  boolean: FAULTS.flag,
  object: FAULTS.object,
};

const PATTERN_RULES: Readonly<Record<string, string>> = {
  [PATTERNS.digits]: 'must have digits alone',
  [PATTERNS.line]: FAULTS.line,
  [PATTERNS.label]: 'must be name=value',
  [PATTERNS.uuid]: FAULTS.uuid,
  [PATTERNS.uuids]: 'must be at most 100 UUIDs in lower case, separated by commas',
};

function rangeOf(schema: JsonSchema | undefined): string | undefined {
  const { minimum, maximum } = schema as { readonly minimum: number; readonly maximum: number };
  return outsideOf(minimum, maximum);
}

/** RFC 6901. */
export function pointerTo(member: string): string {
  return `/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
