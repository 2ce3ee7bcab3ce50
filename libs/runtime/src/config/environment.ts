import { readFileSync } from 'node:fs';
import { errorMessage } from '../logging/error-message';
import type { Setting } from './setting';

export type Environment = Readonly<Record<string, string | undefined>>;

export const PREFIX = 'UPLIFT_';
export const FILE_SUFFIX = '_FILE';

/** What the environment says about one setting; an empty variable counts as not set. */
export type RawValue = { readonly text: string | undefined } | { readonly problem: string };

export function processEnvironment(): Environment {
  return process.env;
}

export function readRaw(setting: Setting, environment: Environment): RawValue {
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
