import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { errorMessage } from '../logging/error-message';
import {
  ConfigurationError,
  readConfiguration,
  secretVariables,
  whyUnknown,
} from './configuration';

type Environment = Record<string, string | undefined>;

const OTHERS = 0o077;

/**
 * For the command line: puts what its file of settings says into the environment, unless that says it already. The
 * file may be missing, but not where UPLIFT_CONFIG_PATH names it.
 * @throws ConfigurationError
 */
export function loadSettingsFile(environment: Environment = process.env): void {
  const { configPath: path } = readConfiguration(['configPath'], environment);
  const given = settingsIn(path, environment.UPLIFT_CONFIG_PATH !== undefined);
  const secrets = secretVariables();
  const names = Object.keys(given).sort();
  const problems = [
    ...names.flatMap((name) => whyUnknown(name) ?? []),
    ...names.flatMap((name) =>
      secrets.has(name) && isOpenToOthers(path)
        ? `it holds ${name}, and others may read it: chmod 600 ${path}`
        : [],
    ),
  ];
  if (problems.length > 0) {
    throw new ConfigurationError(problems.map((problem) => `${path}: ${problem}`));
  }
  for (const [name, value] of Object.entries(given)) {
    if (!isSaid(name, environment)) environment[name] = value;
  }
}

function settingsIn(path: string, mustExist: boolean): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && !mustExist) return {};
    throw new ConfigurationError([`${path} cannot be read: ${errorMessage(error)}`]);
  }
}

/** Windows has other rights, and shows none of these. */
function isOpenToOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0;
}

/** A secret in the environment stands before the file of one in the settings, and the other way round. */
function isSaid(name: string, environment: Environment): boolean {
  const plain = name.replace(/_FILE$/, '');
  return [name, plain, `${plain}_FILE`].some((each) => environment[each] !== undefined);
}
