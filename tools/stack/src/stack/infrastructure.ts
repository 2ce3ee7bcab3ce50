import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startNatsServer } from '../nats/nats-server';
import { startPostgres } from '../postgres/postgres-server';
import { ManagedProcess } from '../process/managed-process';
import type { StackPart } from '../process/stack-part';

export type InfrastructureName = 'eventstore' | 'nats' | 'postgres' | 'lagoon';

export const INFRASTRUCTURE_NAMES = [
  'eventstore',
  'nats',
  'postgres',
  'lagoon',
] as const satisfies readonly InfrastructureName[];

export interface InfrastructureOptions {
  readonly dir: string;
  /** Settings of the embedded event store (`UPLIFT_EMBEDDED_EVENTSTORE_*`). */
  readonly eventStore?: Readonly<Record<string, string>> | undefined;
  /** Settings of the Lagoon simulator (`UPLIFT_SIMULATOR_*`). */
  readonly simulator?: Readonly<Record<string, string>> | undefined;
}

export interface StartedInfrastructure {
  /** Nothing to stop when the server is somebody else's. */
  readonly part?: StackPart;
  /** The settings by which services find it. */
  readonly env: Readonly<Record<string, string>>;
}

type Starter = (options: InfrastructureOptions) => Promise<StartedInfrastructure>;

const STARTERS: Readonly<Record<InfrastructureName, Starter>> = {
  eventstore: startEventStore,
  nats: async ({ dir }) => {
    const part = await startNatsServer({ dir: join(dir, 'nats') });
    return { part, env: { UPLIFT_NATS_URL: part.url } };
  },
  postgres: async ({ dir }) => {
    const external = process.env.UPLIFT_POSTGRES_URL;
    if (external) return { env: { UPLIFT_POSTGRES_URL: external } };
    const part = await startPostgres({ dir: join(dir, 'postgres') });
    return { part, env: { UPLIFT_POSTGRES_URL: part.url } };
  },
  lagoon: startLagoon,
};

export function startInfrastructure(
  name: InfrastructureName,
  options: InfrastructureOptions,
): Promise<StartedInfrastructure> {
  return STARTERS[name](options);
}

async function startEventStore(options: InfrastructureOptions): Promise<StartedInfrastructure> {
  const files = join(options.dir, 'eventstore');
  await mkdir(files, { recursive: true });
  const part = await ManagedProcess.start({
    name: 'eventstore',
    script: 'dist/tools/embedded-eventstore/src/main.js',
    dir: join(options.dir, 'logs'),
    env: {
      UPLIFT_EMBEDDED_EVENTSTORE_DIR: files,
      UPLIFT_EMBEDDED_EVENTSTORE_PORT: '0',
      ...options.eventStore,
    },
    pinnedPorts: { grpc: 'UPLIFT_EMBEDDED_EVENTSTORE_PORT' },
  });
  const url = `esdb://127.0.0.1:${part.port('grpc')}?tls=false`;
  return { part, env: { UPLIFT_EVENTSTORE_URL: url } };
}

async function startLagoon(options: InfrastructureOptions): Promise<StartedInfrastructure> {
  const part = await ManagedProcess.start({
    name: 'lagoon',
    script: 'dist/tools/lagoon-simulator/src/main.js',
    dir: join(options.dir, 'logs'),
    env: { UPLIFT_SIMULATOR_PORT: '0', ...options.simulator },
    pinnedPorts: { http: 'UPLIFT_SIMULATOR_PORT' },
  });
  const url = `http://127.0.0.1:${part.port('http')}/graphql`;
  return { part, env: { UPLIFT_LAGOON_URL: url, UPLIFT_LAGOON_TOKEN: 'simulator' } };
}
