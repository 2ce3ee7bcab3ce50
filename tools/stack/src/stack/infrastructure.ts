import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OPERATOR_USER } from '@uplift/bus';
import { migrateDatabase } from '../../../../apps/projector/src/read-model/postgres.migration';
import { NatsServer } from '../nats/nats-server';
import { StackUsers } from '../nats/stack-users';
import { PostgresServer } from '../postgres/postgres-server';
import { ManagedProcess } from '../process/managed-process';
import type { StackPart } from '../process/stack-part';
import type { Settings } from './services';

export const INFRASTRUCTURE_NAMES = ['eventstore', 'nats', 'postgres', 'lagoon'] as const;

export type InfrastructureName = (typeof INFRASTRUCTURE_NAMES)[number];

export interface InfrastructureOptions {
  /** Connection string of somebody else's event store, used as it is in place of the embedded one. */
  readonly store?: string;
  /** The same for NATS: settings by which services find it. */
  readonly bus?: Settings;
  /** Settings of the embedded event store (`UPLIFT_EMBEDDED_EVENTSTORE_*`). */
  readonly eventStore?: Settings;
  /** Settings of the Lagoon simulator (`UPLIFT_SIMULATOR_*`). */
  readonly simulator?: Settings;
}

interface StartedInfrastructure {
  /** Nothing to stop when the server is somebody else's. */
  readonly part?: StackPart;
  /** The settings by which services find it. */
  readonly env: Settings;
  /** Those of one service that is known there by itself. */
  readonly envOf?: (service: string) => Settings;
}

type Starter = (dir: string, options: InfrastructureOptions) => Promise<StartedInfrastructure>;

export const START_INFRASTRUCTURE: Readonly<Record<InfrastructureName, Starter>> = {
  eventstore: (dir, options) => {
    const { store } = options;
    if (store !== undefined) return Promise.resolve({ env: { UPLIFT_EVENTSTORE_URL: store } });
    const shared = process.env.UPLIFT_TEST_STORE_URL;
    return shared ? startNamespace(dir, shared) : startEventStore(dir, options);
  },
  nats: async (dir, { bus }) => {
    if (bus) return { env: bus };
    return startNats(join(dir, 'nats'));
  },
  postgres: async (dir) => {
    const { UPLIFT_TEST_POSTGRES_URL: url, UPLIFT_TEST_POSTGRES_OWNER_URL: ownerUrl } = process.env;
    if (url && ownerUrl) await migrateDatabase({ ownerUrl, url });
    if (url) return { env: { UPLIFT_POSTGRES_URL: url } };
    const part = await PostgresServer.start({ dir: join(dir, 'postgres') });
    const env = { UPLIFT_POSTGRES_URL: await part.migrate() };
    return { part, env, envOf: (service) => (service === 'webhooks' ? webhooksOn(part) : {}) };
  },
  lagoon: startLagoon,
};

/** Anything that nobody can guess: what it seals goes with the stack. */
const WEBHOOKS_KEY = randomBytes(32).toString('base64');

function webhooksOn(part: PostgresServer): Settings {
  return {
    UPLIFT_WEBHOOKS_POSTGRES_URL: part.webhooksUrl,
    UPLIFT_WEBHOOKS_KEY: WEBHOOKS_KEY,
    UPLIFT_WEBHOOK_ALLOW_LOOPBACK: 'true',
  };
}

async function startNats(dir: string): Promise<StartedInfrastructure> {
  await mkdir(dir, { recursive: true });
  const users = new StackUsers();
  const file = join(dir, 'accounts.conf');
  await users.write(file);
  const part = await NatsServer.start({ dir, args: ['-c', file] });
  const place = `127.0.0.1:${part.port}`;
  const settingsOf = (user: string): Settings => {
    const url = users.urlOf(user, place);
    return url === undefined ? {} : { UPLIFT_NATS_URL: url };
  };
  return { part, env: settingsOf(OPERATOR_USER), envOf: settingsOf };
}

/** Uplift's own services see to that themselves. */
const NAMING_SOURCES = ['--enable-source-maps'];

/** A part of somebody else's store that looks like one of this stack alone: it can be stopped like the embedded one. */
export async function startNamespace(dir: string, store: string) {
  const files = join(dir, 'eventstore');
  await mkdir(files, { recursive: true });
  const part = await ManagedProcess.start({
    name: 'eventstore',
    script: 'dist/tools/given-store/src/namespace.main.js',
    execArgv: NAMING_SOURCES,
    dir: join(dir, 'logs'),
    env: {
      UPLIFT_NAMESPACE_STORE: store,
      UPLIFT_NAMESPACE_DIR: files,
      UPLIFT_NAMESPACE_PORT: '0',
    },
    pinnedPorts: { grpc: 'UPLIFT_NAMESPACE_PORT' },
  });
  const url = `esdb://127.0.0.1:${part.port('grpc')}?tls=false`;
  return { part, env: { UPLIFT_EVENTSTORE_URL: url } };
}

async function startEventStore(dir: string, { eventStore }: InfrastructureOptions) {
  const files = join(dir, 'eventstore');
  await mkdir(files, { recursive: true });
  const part = await ManagedProcess.start({
    name: 'eventstore',
    script: 'dist/tools/embedded-eventstore/src/main.js',
    execArgv: NAMING_SOURCES,
    dir: join(dir, 'logs'),
    env: {
      UPLIFT_EMBEDDED_EVENTSTORE_DIR: files,
      UPLIFT_EMBEDDED_EVENTSTORE_PORT: '0',
      ...eventStore,
    },
    pinnedPorts: { grpc: 'UPLIFT_EMBEDDED_EVENTSTORE_PORT' },
  });
  const url = `esdb://127.0.0.1:${part.port('grpc')}?tls=false`;
  return { part, env: { UPLIFT_EVENTSTORE_URL: url } };
}

async function startLagoon(dir: string, { simulator }: InfrastructureOptions) {
  const part = await ManagedProcess.start({
    name: 'lagoon',
    script: 'dist/tools/lagoon-simulator/src/main.js',
    execArgv: NAMING_SOURCES,
    dir: join(dir, 'logs'),
    env: { UPLIFT_SIMULATOR_PORT: '0', ...simulator },
    pinnedPorts: { http: 'UPLIFT_SIMULATOR_PORT' },
  });
  const url = `http://127.0.0.1:${part.port('http')}/graphql`;
  return { part, env: { UPLIFT_LAGOON_URL: url, UPLIFT_LAGOON_TOKEN: 'simulator' } };
}
