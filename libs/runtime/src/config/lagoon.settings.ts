import { count, limit, ms, optionalText, switchedOff, type Setting } from './setting';

/** Lagoon cores: where they are, who we are there, and how much we ask of them. */
export const LAGOON_SETTINGS = {
  lagoonUrl: {
    env: 'UPLIFT_LAGOON_URL',
    type: 'url',
    schemes: ['http', 'https'],
    optional: true,
    description:
      'GraphQL address of the one Lagoon core that serves every instance; needed by stage workers unless `UPLIFT_LAGOON_CORES_PATH` is set',
  },
  lagoonToken: {
    env: 'UPLIFT_LAGOON_TOKEN',
    type: 'string',
    secret: true,
    optional: true,
    description: 'Bearer token for the one Lagoon core, read once at start',
  },
  lagoonTokenPath: optionalText(
    'UPLIFT_LAGOON_TOKEN_PATH',
    'Path of a file that something else keeps filled with a valid token; read for every request',
  ),
  lagoonTokenCommand: optionalText(
    'UPLIFT_LAGOON_TOKEN_COMMAND',
    'Command that prints a token, as a JSON array of program and arguments, run without a shell; for example `["ssh", "-p", "32222", "lagoon@ssh.example.com", "token"]`',
  ),
  lagoonCoresPath: optionalText(
    'UPLIFT_LAGOON_CORES_PATH',
    'Path of a JSON file that lists several Lagoon cores, each with name, address and token',
  ),
  lagoonCoreNames: {
    env: 'UPLIFT_LAGOON_CORE_NAMES',
    type: 'list',
    default: '',
    description:
      'For the command API: names of the Lagoon cores where there are several, separated by commas; without it every name that an instance gives its core means the one there is',
  },
  lagoonRequestsPerSecond: limit(
    'UPLIFT_LAGOON_REQUESTS_PER_SECOND',
    20,
    'Most requests per second to one Lagoon core by one process, 0 for no limit',
  ),
  lagoonPlatformRole: switchedOff(
    'UPLIFT_LAGOON_PLATFORM_ROLE',
    'The token belongs to a platform owner or platform viewer, who may set bulk ids and priorities on every deployment',
  ),
  probeSuffixes: {
    env: 'UPLIFT_PROBE_SUFFIXES',
    type: 'list',
    default: '',
    description:
      'Host suffixes that health probes may go to, separated by commas; none allows every public host that Lagoon names',
  },
  retryBudgetPercent: limit(
    'UPLIFT_RETRY_BUDGET_PERCENT',
    10,
    'Most repeats in a hundred reads of the last minute; one in ten seconds is always allowed, 0 allows none',
  ),
  breakerFailures: count(
    'UPLIFT_BREAKER_FAILURES',
    5,
    'Failed requests in a row after which a Lagoon core counts as away',
  ),
  breakerOpenMs: ms(
    'UPLIFT_BREAKER_OPEN_MS',
    10_000,
    'First pause before a Lagoon core that is away is tried again; doubles with each failed try',
  ),
  breakerLongestMs: ms(
    'UPLIFT_BREAKER_LONGEST_MS',
    60_000,
    'Longest pause before a Lagoon core that is away is tried again',
  ),
  triggersPerHour: limit(
    'UPLIFT_TRIGGERS_PER_HOUR',
    60,
    'Most deployments asked of one Lagoon core in an hour, 0 for no limit',
  ),
  triggerBurst: count(
    'UPLIFT_TRIGGER_BURST',
    20,
    'Deployments that may be asked of one Lagoon core at once after a quiet time',
  ),
  buildsInFlight: limit(
    'UPLIFT_BUILDS_IN_FLIGHT',
    20,
    'Most deployments of ours under way on one Lagoon core, 0 for no limit',
  ),
} as const satisfies Record<string, Setting>;
