export type SettingType = 'string' | 'integer' | 'number' | 'boolean' | 'url' | 'enum' | 'list';

/** One environment variable. Without `default` and without `optional` a process that reads it cannot start without it. */
export interface Setting {
  readonly env: `UPLIFT_${string}` | `OTEL_${string}`;
  readonly type: SettingType;
  readonly description: string;
  readonly default?: string | number | boolean;
  /** What the process puts in when nothing is set and no constant would do, with the words the page shows for it. */
  readonly computed?: { readonly value: () => string; readonly words: string };
  readonly optional?: true;
  readonly unit?: 'ms' | 'port' | 'count' | 'bytes';
  readonly minimum?: number;
  readonly values?: readonly string[];
  readonly schemes?: readonly string[];
  /** Never printed, and also accepted as `<NAME>_FILE`, the path of a file that holds it. */
  readonly secret?: true;
}

type Present<S extends Setting> = S extends { type: 'integer' | 'number' }
  ? number
  : S extends { type: 'boolean' }
    ? boolean
    : S extends { type: 'list' }
      ? readonly string[]
      : S extends { type: 'enum'; values: readonly (infer V)[] }
        ? V
        : string;

export type SettingValue<S extends Setting> = S extends { optional: true }
  ? Present<S> | undefined
  : Present<S>;

type Name = Setting['env'];

/** A time in milliseconds. */
export const ms = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'ms', minimum: 0, description }) as const;

/** A port number; 0 picks a free one. */
export const port = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'port', minimum: 0, description }) as const;

/** How many of something, at least one. */
export const count = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'count', minimum: 1, description }) as const;

/** The most of something; the description says what 0 means. */
export const limit = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'count', minimum: 0, description }) as const;

/** Off unless it is switched on. */
export const switchedOff = (env: Name, description: string) =>
  ({ env, type: 'boolean', default: false, description }) as const;

/** A text that may be missing. */
export const optionalText = (env: Name, description: string) =>
  ({ env, type: 'string', optional: true, description }) as const;

/** A secret that may be missing. */
export const optionalSecret = (env: Name, description: string) =>
  ({ env, type: 'string', secret: true, optional: true, description }) as const;

type Described = { readonly [T in SettingType]: (setting: Setting) => Record<string, unknown> };
type Expected = { readonly [T in SettingType]: (setting: Setting) => string };

const SCHEMAS: Described = {
  string: () => ({ type: 'string' }),
  boolean: () => ({ type: 'boolean' }),
  integer: numberSchema,
  number: numberSchema,
  enum: ({ values = [] }) => ({ type: 'string', enum: values }),
  url: ({ schemes }) => ({ type: 'string', pattern: urlPattern(schemes) }),
  list: ({ values }) => ({
    type: 'array',
    items: { type: 'string', ...(values ? { enum: values } : {}) },
  }),
};

const EXPECTATIONS: Expected = {
  string: () => 'text',
  boolean: () => 'true or false',
  integer: (setting) => numberExpectation(setting, 'a whole number'),
  number: (setting) => numberExpectation(setting, 'a number'),
  enum: ({ values = [] }) => `one of ${values.join(', ')}`,
  url: ({ schemes = [] }) => `a URL starting with ${schemes.map((s) => `${s}://`).join(' or ')}`,
  list: ({ values }) => (values ? `a comma list of ${values.join(', ')}` : 'a comma list'),
};

/** The JSON Schema of one setting's value after lists were split. */
export function settingSchema(setting: Setting): Record<string, unknown> {
  return SCHEMAS[setting.type](setting);
}

/** What a person has to write, for messages and the settings page. */
export function expectation(setting: Setting): string {
  return EXPECTATIONS[setting.type](setting);
}

/** Of a timer a longer time is none: it fires at once. */
const MAXIMUM: Partial<Record<NonNullable<Setting['unit']>, number>> = {
  port: 65_535,
  ms: 2_147_483_647,
};

function numberSchema({ type, unit, minimum }: Setting): Record<string, unknown> {
  const maximum = unit && MAXIMUM[unit];
  return {
    type,
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

function numberExpectation({ unit, minimum }: Setting, noun: string): string {
  if (unit === 'port') return 'a port number from 0 to 65535';
  if (unit === 'ms') return `${noun} from ${minimum ?? 0} to ${MAXIMUM.ms}`;
  return minimum === undefined ? noun : `${noun} of at least ${minimum}`;
}

/** Not WHATWG URLs: cluster addresses name several hosts separated by commas. */
function urlPattern(schemes: readonly string[] = []): string {
  const scheme = schemes.map((name) => name.replaceAll('+', '\\+')).join('|');
  return `^(${scheme || '[a-z][a-z0-9+.-]*'})://[^\\s/]\\S*$`;
}
