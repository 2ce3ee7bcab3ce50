import type { Environment } from './environment';
import { FILE_SUFFIX, PREFIX } from './environment';
import type { Setting } from './setting';
import { SETTINGS } from './settings';

/** Every variable name that a process accepts. */
export function knownVariables(): Set<string> {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  return new Set(
    settings.flatMap(({ env, secret }) => (secret ? [env, env + FILE_SUFFIX] : [env])),
  );
}

/** A misspelt variable would otherwise be a silent default. */
export function unknownVariables(environment: Environment): string[] {
  const known = knownVariables();
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .sort()
    .map((name) => `${name} is not a setting of Uplift`);
}
