import type { Setting, SettingType } from './setting';

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

function numberSchema({ type, unit, minimum }: Setting): Record<string, unknown> {
  return {
    type,
    ...(minimum === undefined ? {} : { minimum }),
    ...(unit === 'port' ? { maximum: 65_535 } : {}),
  };
}

function numberExpectation({ unit, minimum }: Setting, noun: string): string {
  if (unit === 'port') return 'a port number from 0 to 65535';
  return minimum === undefined ? noun : `${noun} of at least ${minimum}`;
}

/** Not WHATWG URLs: cluster addresses name several hosts separated by commas. */
function urlPattern(schemes: readonly string[] = []): string {
  const scheme = schemes.map((name) => name.replaceAll('+', '\\+')).join('|');
  return `^(${scheme || '[a-z][a-z0-9+.-]*'})://[^\\s/]\\S*$`;
}
