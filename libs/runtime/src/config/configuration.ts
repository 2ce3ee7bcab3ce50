import type { ValidateFunction } from 'ajv';
import Ajv from 'ajv';
import { readFileSync } from 'node:fs';
import { errorMessage } from '../logging/error-message';
import type { Setting, SettingValue } from './setting';
import { expectation, settingSchema } from './setting';
import type { SettingName } from './settings';
import { SETTINGS } from './settings';

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'UPLIFT_';
const FILE_SUFFIX = '_FILE';

/** What the environment says about one setting; an empty variable counts as not set. */
type RawValue = { readonly text: string | undefined } | { readonly problem: string };

/** A process cannot start with these settings. The message is made for a person: one problem per line. */
export class ConfigurationError extends Error {
  readonly code = 'configuration-invalid';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

/** The parsed values of the named settings. */
export type Configuration<N extends SettingName = SettingName> = {
  readonly [K in N]: SettingValue<(typeof SETTINGS)[K]>;
};

const ajv = new Ajv({ strict: true, coerceTypes: true });
/** By the schema as text: many settings have the same one, and compiling is slow. */
const compiled = new Map<string, ValidateFunction>();

/**
 * Reads the named settings from the environment.
 * @throws ConfigurationError listing every problem at once, unknown `UPLIFT_*` variables included
 */
export function readConfiguration<N extends SettingName>(
  names: readonly N[],
  environment: Environment = process.env,
): Configuration<N> {
  const problems = unknownVariables(environment);
  const values = [...new Set<N>(names)].map((name) => {
    const outcome = readSetting(SETTINGS[name], environment);
    if ('problem' in outcome) problems.push(outcome.problem);
    return [name, 'value' in outcome ? outcome.value : undefined] as const;
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.fromEntries(values) as Configuration<N>;
}

type Outcome = { readonly value: unknown } | { readonly problem: string };

function readSetting(setting: Setting, environment: Environment): Outcome {
  const raw = readRaw(setting, environment);
  if ('problem' in raw) return raw;
  if (raw.text === undefined) return fallback(setting);
  return parse(setting, raw.text);
}

function fallback(setting: Setting): Outcome {
  if (setting.computed) return { value: setting.computed.value() };
  if (setting.type === 'list') return { value: split(String(setting.default ?? '')) };
  if (setting.default !== undefined || setting.optional) return { value: setting.default };
  return {
    problem: `${setting.env} is missing: ${setting.description} (${expectation(setting)})`,
  };
}

function parse(setting: Setting, text: string): Outcome {
  const holder: { value: unknown } = { value: setting.type === 'list' ? split(text) : text };
  const isValid = validatorOf(settingSchema(setting))(holder);
  // To JSON Schema a text like 1e309 is a number, and no limit counts for what it becomes.
  const isEndless = typeof holder.value === 'number' && !Number.isFinite(holder.value);
  if (isValid && !isEndless) return { value: holder.value };
  const shown = setting.secret ? 'the given value' : JSON.stringify(text);
  return { problem: `${setting.env} must be ${expectation(setting)}, not ${shown}` };
}

function validatorOf(schema: Record<string, unknown>): ValidateFunction {
  const key = JSON.stringify(schema);
  const validate =
    compiled.get(key) ?? ajv.compile({ type: 'object', properties: { value: schema } });
  compiled.set(key, validate);
  return validate;
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readRaw(setting: Setting, environment: Environment): RawValue {
  const direct = nonEmpty(environment[setting.env]);
  const file = nonEmpty(environment[setting.env + FILE_SUFFIX]);
  if (!setting.secret || file === undefined) return { text: direct };
  if (direct !== undefined) {
    return { problem: `${setting.env} and ${setting.env}${FILE_SUFFIX} are both set, keep one` };
  }
  return readSecretFile(setting, file);
}

function readSecretFile(setting: Setting, file: string): RawValue {
  try {
    return { text: nonEmpty(readFileSync(file, 'utf8').trim()) };
  } catch (error) {
    return { problem: `${setting.env}${FILE_SUFFIX} cannot be read: ${errorMessage(error)}` };
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The variables that hold a secret, not only the path of a file with it. */
export function secretVariables(): ReadonlySet<string> {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  return new Set(settings.filter(({ secret }) => secret).map(({ env }) => env));
}

/** Undefined for the name of a setting. */
export function whyUnknown(name: string): string | undefined {
  return knownVariables().has(name) ? undefined : notASetting(name);
}

/** Every variable name that a process accepts. */
function knownVariables(): Set<string> {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  return new Set(
    settings.flatMap(({ env, secret }) => (secret ? [env, env + FILE_SUFFIX] : [env])),
  );
}

/** What takes the place of settings of earlier builds. */
const INSTEAD: Readonly<Record<string, string>> = {
  UPLIFT_HEALTH_CALLBACK_TOKEN:
    'each app shows a token of its instance, which follows from UPLIFT_HEALTH_CALLBACK_KEY of the command API',
};

/** A misspelt variable would otherwise be a silent default. */
function unknownVariables(environment: Environment): string[] {
  const known = knownVariables();
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .sort()
    .map(notASetting);
}

function notASetting(name: string): string {
  return `${inOneLine(name)} is not a setting of Uplift${insteadOf(name)}`;
}

function insteadOf(name: string): string {
  const instead = INSTEAD[name.replace(/_FILE$/, '')];
  return instead === undefined ? '' : `: ${instead}`;
}

function inOneLine(name: string): string {
  return /^\w+$/.test(name) ? name : JSON.stringify(name);
}
