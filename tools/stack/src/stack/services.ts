export type Settings = Readonly<Record<string, string>>;

export interface ServiceEntry {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Settings;
}

const STAGE_WORKERS = 'dist/apps/stage-workers/src/main.js';

const stage = (name: string): ServiceEntry => ({
  script: STAGE_WORKERS,
  args: ['--stage', name],
  env: { UPLIFT_STAGES: name },
});

/** Everything that can be started as a process. */
export const SERVICES = {
  relay: { script: 'dist/apps/relay/src/main.js' },
  projector: { script: 'dist/apps/projector/src/main.js' },
  'command-api': { script: 'dist/apps/command-api/src/main.js' },
  webhooks: { script: 'dist/apps/webhooks/src/main.js' },
  'pre-upgrade': stage('pre-upgrade'),
  upgrade: stage('upgrade'),
  'poll-upgrade': stage('poll-upgrade'),
  'post-upgrade': stage('post-upgrade'),
  watchdog: stage('watchdog'),
  /** All stages and the watchdog together. */
  stages: { script: STAGE_WORKERS, args: ['--stage', 'all'] },
} as const satisfies Record<string, ServiceEntry>;

export type ServiceName = keyof typeof SERVICES;

const EVERY_NAME = Object.keys(SERVICES) as readonly ServiceName[];

/** Services that an installation can do without. */
export const OPTIONAL_SERVICES: readonly ServiceName[] = ['webhooks'];

/** What a whole installation consists of: a process for each stage, or one for all of them. */
export const INSTALLATIONS = {
  separate: EVERY_NAME.filter((name) => name !== 'stages' && !OPTIONAL_SERVICES.includes(name)),
  all: ['relay', 'projector', 'command-api', 'stages'],
} as const satisfies Record<string, readonly ServiceName[]>;

export type Installation = keyof typeof INSTALLATIONS;

export const SERVICE_NAMES: readonly ServiceName[] = INSTALLATIONS.separate;

export function isServiceName(name: string): name is ServiceName {
  return name in SERVICES;
}

const FREE_PORTS = { UPLIFT_HTTP_PORT: '0', UPLIFT_HEALTH_PORT: '0' };

/** The simulated Lagoon is nobody's: nothing is held back. */
const NO_LIMITS = {
  UPLIFT_TRIGGERS_PER_HOUR: '0',
  UPLIFT_BUILDS_IN_FLIGHT: '0',
  UPLIFT_LAGOON_REQUESTS_PER_SECOND: '0',
};

const SHORT_WAITS = { UPLIFT_BREAKER_OPEN_MS: '250', UPLIFT_BREAKER_LONGEST_MS: '1000' };

/** For tests against the simulated Lagoon: nothing is waited for longer than it has to be. */
export const QUICK_STEPS: Settings = {
  UPLIFT_POLL_INTERVAL_MS: '200',
  UPLIFT_TASK_POLL_INTERVAL_MS: '100',
  UPLIFT_PROBE_INTERVAL_MS: '50',
  UPLIFT_PROBE_WINDOW_MS: '1000',
  UPLIFT_RECONCILE_INTERVAL_MS: '200',
  UPLIFT_NOT_FOUND_GAP_MS: '500',
  UPLIFT_SETTLE_WINDOW_MS: '1500',
  UPLIFT_WATCHDOG_INTERVAL_MS: '200',
  UPLIFT_CALL_TIMEOUT_MS: '5000',
};

/** No balancer stands before it. */
const NO_DRAIN = { UPLIFT_DRAIN_MS: '0' };

const POLL_INTERVAL_MS = '15000';

/** What services get unless `given` says otherwise: one pause between polls, whatever a build's age and state. */
export function developmentSettings(given: Settings = {}): Settings {
  const pause = given.UPLIFT_POLL_INTERVAL_MS ?? POLL_INTERVAL_MS;
  return {
    ...FREE_PORTS,
    ...NO_LIMITS,
    ...SHORT_WAITS,
    ...NO_DRAIN,
    UPLIFT_PROBE_ALLOW_LOOPBACK: 'true',
    UPLIFT_POLL_INTERVAL_MS: pause,
    UPLIFT_POLL_EARLY_INTERVAL_MS: pause,
    UPLIFT_POLL_QUEUED_INTERVAL_MS: pause,
    ...given,
  };
}

/** Open to everybody on this machine, unless a token was minted. An older build does not start with a setting that it does not know. */
export function accessSettings(name: ServiceName, given: Settings): Settings {
  const isOpen = name === 'command-api' && given.UPLIFT_ROOT_TOKEN_HASH === undefined;
  return isOpen ? { UPLIFT_AUTH: 'off' } : {};
}
