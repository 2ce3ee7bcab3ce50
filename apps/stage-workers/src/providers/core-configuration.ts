import type { ConfiguredCores, CoreDefaults, CoreOptions, TokenOrigin } from '@uplift/lagoon';
import { DEFAULT_CORE, readCoresFile, tokenCommandIn } from '@uplift/lagoon';
import type { Configuration } from '@uplift/runtime';
import { ConfigurationError, SETTINGS } from '@uplift/runtime';

/** The settings that say which cores there are, who we are there and what we may ask. */
export const CORE_SETTINGS = [
  'lagoonUrl',
  'lagoonToken',
  'lagoonTokenPath',
  'lagoonTokenCommand',
  'lagoonCoresPath',
  'lagoonRequestsPerSecond',
  'lagoonPlatformRole',
  'probeSuffixes',
  'triggersPerHour',
  'triggerBurst',
  'buildsInFlight',
] as const;

export type CoreConfiguration = Configuration<(typeof CORE_SETTINGS)[number]>;

const OF_ONE_CORE = ['lagoonUrl', 'lagoonToken', 'lagoonTokenPath', 'lagoonTokenCommand'] as const;
const WAYS_TO_A_TOKEN = OF_ONE_CORE.slice(1);

type OptionalSetting = (typeof OF_ONE_CORE)[number];

/**
 * Several cores from a file, or one that serves every name.
 * @throws ConfigurationError listing every problem at once, without any secret
 */
export function configuredCores(configuration: CoreConfiguration): ConfiguredCores {
  const { lagoonCoresPath } = configuration;
  if (lagoonCoresPath === undefined) return { forEveryName: theOneCore(configuration) };
  const given = OF_ONE_CORE.filter((name) => configuration[name] !== undefined);
  const outcome = readCoresFile(lagoonCoresPath, defaultsOf(configuration));
  const problems = [
    ...given.map((name) => `${envOf('lagoonCoresPath')} and ${envOf(name)} are both set, keep one`),
    ...('problems' in outcome ? outcome.problems : []),
  ];
  if (problems.length > 0 || 'problems' in outcome) throw new ConfigurationError(problems);
  return { byName: outcome.cores };
}

function theOneCore(configuration: CoreConfiguration): CoreOptions {
  const { lagoonUrl: url } = configuration;
  const token = originOf(configuration);
  const problems = [
    ...(url === undefined
      ? [`${envOf('lagoonUrl')} or ${envOf('lagoonCoresPath')} must be set`]
      : []),
    ...tokenProblems(configuration, token),
  ];
  if (problems.length > 0 || url === undefined || token === null) {
    throw new ConfigurationError(problems);
  }
  const { requestsPerSecond, ...settings } = defaultsOf(configuration);
  return { name: DEFAULT_CORE, url, token, requestsPerSecond, settings };
}

function tokenProblems(configuration: CoreConfiguration, token: TokenOrigin | null): string[] {
  const given = WAYS_TO_A_TOKEN.filter((name) => configuration[name] !== undefined);
  if (given.length !== 1) return [`One of ${WAYS_TO_A_TOKEN.map(envOf).join(', ')} must be set`];
  if (token !== null) return [];
  return [`${envOf('lagoonTokenCommand')} must be a JSON array of program and arguments`];
}

function originOf(configuration: CoreConfiguration): TokenOrigin | null {
  const { lagoonToken = '', lagoonTokenPath, lagoonTokenCommand } = configuration;
  if (lagoonTokenPath !== undefined) return { kind: 'file', path: lagoonTokenPath };
  if (lagoonTokenCommand === undefined) return { kind: 'fixed', token: lagoonToken };
  const command = tokenCommandIn(lagoonTokenCommand);
  return command === null ? null : { kind: 'command', command };
}

function defaultsOf(configuration: CoreConfiguration): CoreDefaults {
  const { triggersPerHour, triggerBurst, buildsInFlight, probeSuffixes } = configuration;
  return {
    requestsPerSecond: configuration.lagoonRequestsPerSecond,
    triggersPerHour,
    triggerBurst,
    buildsInFlight,
    platformRole: configuration.lagoonPlatformRole,
    probeSuffixes,
  };
}

function envOf(name: OptionalSetting | 'lagoonCoresPath'): string {
  return SETTINGS[name].env;
}
