import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { count, limit, ms, optionalText, port, switchedOff, type Setting } from './setting';

/** What all or several processes need: addresses, ports, logging. */
export const PROCESS_SETTINGS = {
  eventStoreUrl: {
    env: 'UPLIFT_EVENTSTORE_URL',
    type: 'url',
    schemes: ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
    secret: true,
    description: 'Connection string of the event store',
  },
  eventStoreAdminUrl: {
    env: 'UPLIFT_EVENTSTORE_ADMIN_URL',
    type: 'url',
    schemes: ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
    secret: true,
    description:
      'For `uplift store setup` alone: the same store, with TLS and the user of an administrator',
  },
  postgresUrl: {
    env: 'UPLIFT_POSTGRES_URL',
    type: 'url',
    schemes: ['postgres', 'postgresql'],
    secret: true,
    description:
      'Connection string of the read-model database, with the role that the projector runs as',
  },
  postgresOwnerUrl: {
    env: 'UPLIFT_POSTGRES_OWNER_URL',
    type: 'url',
    schemes: ['postgres', 'postgresql'],
    secret: true,
    description:
      'For `uplift migrate` alone: the same database, with the role that owns the tables or may create them',
  },
  actorsPostgresUrl: {
    env: 'UPLIFT_ACTORS_POSTGRES_URL',
    type: 'url',
    schemes: ['postgres', 'postgresql'],
    secret: true,
    optional: true,
    description:
      'For the command API and `uplift migrate`: the same database, with a role that may use the table of the names of actors and no other; without it no names are kept',
  },
  postgresReaders: {
    env: 'UPLIFT_POSTGRES_READERS',
    type: 'list',
    default: '',
    description:
      'For `uplift migrate`: roles of the database that may read the rows, separated by commas',
  },
  apiUrl: {
    env: 'UPLIFT_API_URL',
    type: 'url',
    schemes: ['http', 'https'],
    default: 'http://127.0.0.1:3000',
    description: 'Address of the command API, for the command line',
  },
  output: {
    env: 'UPLIFT_OUTPUT',
    type: 'enum',
    values: ['table', 'json', 'jsonl'],
    default: 'table',
    description: 'For the command line: how it prints, unless `--output` says so',
  },
  configPath: {
    env: 'UPLIFT_CONFIG_PATH',
    type: 'string',
    computed: {
      value: () => join(homedir(), '.config', 'uplift', 'config.env'),
      words: '`.config/uplift/config.env` in the home folder',
    },
    description:
      'For the command line: file with settings, one `NAME=value` a line, for those that the environment does not have',
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
    description: 'Interface of the public HTTP API',
  },
  httpPort: port('UPLIFT_HTTP_PORT', 3000, 'Port of the public HTTP API, 0 picks a free one'),
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
  beatLimitMs: ms(
    'UPLIFT_BEAT_LIMIT_MS',
    60_000,
    'Time after which a process ends itself if one of its loops does not turn any more, 0 for never',
  ),
  drainMs: ms(
    'UPLIFT_DRAIN_MS',
    5_000,
    'Time between the end of readiness and the closing of the HTTP listener when a service stops',
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
  snapshotEvery: count(
    'UPLIFT_SNAPSHOT_EVENTS',
    64,
    'Events of an instance after which its next command takes a snapshot',
  ),
  commandsUnderWay: count(
    'UPLIFT_COMMANDS_UNDER_WAY',
    64,
    'Commands that a command API handles at once; more wait, and are refused when the wait gets long',
  ),
  commandsQueued: limit(
    'UPLIFT_COMMANDS_QUEUED',
    512,
    'Commands that wait for their turn at most, 0 for none',
  ),
  streamsPerClient: limit(
    'UPLIFT_STREAMS_PER_CLIENT',
    20,
    'Most event streams that one address may have open at one command API, with the root token or with `UPLIFT_AUTH=off`; 0 for no limit',
  ),
  promoteEnabled: switchedOff(
    'UPLIFT_PROMOTE_ENABLED',
    'The command API accepts upgrades that promote the images of another environment',
  ),
  ackWaitMs: ms(
    'UPLIFT_ACK_WAIT_MS',
    0,
    'Time after which a message without an answer comes again, 0 for what the topology says',
  ),
  failpoints: optionalText(
    'UPLIFT_FAILPOINTS',
    'Development only: named points at which this process kills, stops, throws or delays itself',
  ),
} as const satisfies Record<string, Setting>;
