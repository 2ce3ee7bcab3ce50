import { hostname } from 'node:os';
import type { Setting } from './setting';

const ms = (env: Setting['env'], value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'ms', minimum: 0, description }) as const;

const port = (env: Setting['env'], value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'port', minimum: 0, description }) as const;

const count = (env: Setting['env'], value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'count', minimum: 1, description }) as const;

/** Every setting of every process. A new setting is a new row. */
export const SETTINGS = {
  eventStoreUrl: {
    env: 'UPLIFT_EVENTSTORE_URL',
    type: 'url',
    schemes: ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
    description: 'Connection string of the event store',
  },
  natsUrl: {
    env: 'UPLIFT_NATS_URL',
    type: 'url',
    schemes: ['nats', 'tls', 'ws', 'wss'],
    description: 'Address of the NATS server, several separated by commas',
  },
  postgresUrl: {
    env: 'UPLIFT_POSTGRES_URL',
    type: 'url',
    schemes: ['postgres', 'postgresql'],
    secret: true,
    description: 'Connection string of the read-model database',
  },
  lagoonUrl: {
    env: 'UPLIFT_LAGOON_URL',
    type: 'url',
    schemes: ['http', 'https'],
    description: 'GraphQL address of the Lagoon core',
  },
  lagoonToken: {
    env: 'UPLIFT_LAGOON_TOKEN',
    type: 'string',
    secret: true,
    optional: true,
    description: 'Bearer token for the Lagoon core',
  },
  apiUrl: {
    env: 'UPLIFT_API_URL',
    type: 'url',
    schemes: ['http', 'https'],
    default: 'http://127.0.0.1:3000',
    description: 'Address of the command API, for the command line',
  },
  logLevel: {
    env: 'UPLIFT_LOG_LEVEL',
    type: 'enum',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    description: 'Lowest level that is written',
  },
  httpHost: {
    env: 'UPLIFT_HTTP_HOST',
    type: 'string',
    default: '127.0.0.1',
    description: 'Interface of the public HTTP door',
  },
  httpPort: port('UPLIFT_HTTP_PORT', 3000, 'Port of the public HTTP door, 0 picks a free one'),
  healthHost: {
    env: 'UPLIFT_HEALTH_HOST',
    type: 'string',
    default: '127.0.0.1',
    description: 'Interface of the health and metrics page',
  },
  healthPort: port(
    'UPLIFT_HEALTH_PORT',
    0,
    'Port of the health and metrics page, 0 picks a free one',
  ),
  buildCommit: {
    env: 'UPLIFT_BUILD_COMMIT',
    type: 'string',
    default: 'unknown',
    description: 'Commit the running build was made from, shown in the metrics',
  },
  workerId: {
    env: 'UPLIFT_WORKER_ID',
    type: 'string',
    computed: { value: () => `${hostname()}-${process.pid}`, words: 'host name and process id' },
    description: 'Name of this worker in events and logs',
  },
  healthCallbackToken: {
    env: 'UPLIFT_HEALTH_CALLBACK_TOKEN',
    type: 'string',
    secret: true,
    optional: true,
    description: 'Token that health callbacks of apps must carry; open to everybody without one',
  },
  stages: {
    env: 'UPLIFT_STAGES',
    type: 'list',
    default: '',
    description: 'Stages this process works on, separated by commas',
  },
  pollIntervalMs: ms('UPLIFT_POLL_INTERVAL_MS', 15_000, 'Pause between two polls of a deployment'),
  pollBatch: count('UPLIFT_POLL_BATCH', 50, 'Deployments asked about in one request'),
  probeSuccesses: count('UPLIFT_PROBE_SUCCESSES', 3, 'Good answers in a row that prove health'),
  probeIntervalMs: ms('UPLIFT_PROBE_INTERVAL_MS', 15_000, 'Pause between two health probes'),
  probeTimeoutMs: ms('UPLIFT_PROBE_TIMEOUT_MS', 10_000, 'Longest wait for one health probe'),
  probeWindowMs: ms('UPLIFT_PROBE_WINDOW_MS', 600_000, 'Time an instance has to prove its health'),
  probeAllowLoopback: {
    env: 'UPLIFT_PROBE_ALLOW_LOOPBACK',
    type: 'boolean',
    default: false,
    description: 'Allow health probes to loopback addresses (development only)',
  },
  callLeaseMs: ms(
    'UPLIFT_CALL_LEASE_MS',
    30_000,
    'Time after its own intent in which a deploy call may still start',
  ),
  callTimeoutMs: ms('UPLIFT_CALL_TIMEOUT_MS', 20_000, 'Longest wait for one Lagoon call'),
  reconcileIntervalMs: ms(
    'UPLIFT_RECONCILE_INTERVAL_MS',
    10_000,
    'Pause between two look-ups of a call whose outcome is unknown',
  ),
  notFoundGapMs: ms(
    'UPLIFT_NOT_FOUND_GAP_MS',
    120_000,
    'Least time between two not-found answers that together mean not found',
  ),
  settleWindowMs: ms(
    'UPLIFT_SETTLE_WINDOW_MS',
    1_200_000,
    'Time after which an unknown call counts as settled',
  ),
  deadlinePendingMs: ms('UPLIFT_DEADLINE_PENDING_MS', 300_000, 'Longest wait of a pending stage'),
  deadlineStepMs: ms('UPLIFT_DEADLINE_STEP_MS', 600_000, 'Longest pre or post step'),
  deadlineQueuedMs: ms(
    'UPLIFT_DEADLINE_QUEUED_MS',
    21_600_000,
    'Longest time a deployment may queue',
  ),
  deadlineRunningMs: ms(
    'UPLIFT_DEADLINE_RUNNING_MS',
    25_200_000,
    'Longest time a deployment may run',
  ),
  deadlineCallMs: ms(
    'UPLIFT_DEADLINE_CALL_MS',
    3_600_000,
    'Longest time until the outcome of a deploy call is known',
  ),
  deadlineVerifyMs: ms('UPLIFT_DEADLINE_VERIFY_MS', 900_000, 'Longest health check at the end'),
  taskPollIntervalMs: ms(
    'UPLIFT_TASK_POLL_INTERVAL_MS',
    5_000,
    'Pause between two polls of a task',
  ),
  watchdogIntervalMs: ms(
    'UPLIFT_WATCHDOG_INTERVAL_MS',
    1_000,
    'Pause between two rounds of the watchdog',
  ),
  deadlineAttemptMs: ms('UPLIFT_DEADLINE_ATTEMPT_MS', 43_200_000, 'Longest whole attempt'),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
