import Ajv from 'ajv';
import { ConfigurationError } from './configuration.error';
import type { Environment } from './environment';
import { processEnvironment, readRaw } from './environment';
import type { Setting, SettingValue } from './setting';
import { expectation, settingSchema } from './setting-schema';
import type { SettingName } from './settings';
import { SETTINGS } from './settings';
import { unknownVariables } from './unknown-variables';

/** The parsed values of the named settings. */
export type Configuration<N extends SettingName = SettingName> = {
  readonly [K in N]: SettingValue<(typeof SETTINGS)[K]>;
};

const ajv = new Ajv({ strict: true, coerceTypes: true });

/**
 * Reads the named settings from the environment.
 * @throws ConfigurationError listing every problem at once, unknown `UPLIFT_*` variables included
 */
export function readConfiguration<N extends SettingName>(
  names: readonly N[],
  environment: Environment = processEnvironment(),
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
  const holder = { value: setting.type === 'list' ? split(text) : text };
  const isValid = ajv.validate(
    { type: 'object', properties: { value: settingSchema(setting) } },
    holder,
  );
  if (isValid) return { value: holder.value };
  const shown = setting.secret ? 'the given value' : `"${text}"`;
  return { problem: `${setting.env} must be ${expectation(setting)}, not ${shown}` };
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
