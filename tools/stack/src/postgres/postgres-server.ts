import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { ensureBuilt } from '../workspace/workspace';
import { StackPart } from '../process/stack-part';
import type { Account } from '../process/supervised-process';
import { SupervisedProcess, readyOrFailed } from '../process/supervised-process';
import { postgresBinaries, exists } from './postgres-binaries';
import { createCluster, openFolder, unprivilegedAccount } from './postgres-cluster';

const READY_LIMIT_MS = 30_000;
const LOOK_MS = 20;
const RETRY_MS = 200;
const START_ATTEMPTS = 3;
const RESTART_ATTEMPTS = 25;

export interface PostgresServerOptions {
  /** Where the log and the cluster go; a cluster that is already there is used. */
  readonly dir: string;
  readonly port?: number;
}

interface Place {
  readonly home: string;
  readonly dir: string;
  readonly account: Account | undefined;
}

/** A real PostgreSQL on loopback; a restart keeps port and files. */
export class PostgresServer extends StackPart {
  readonly name = 'postgres';

  private constructor(
    private readonly place: Place,
    private boundPort: number,
  ) {
    super();
  }

  static async start({ dir, port }: PostgresServerOptions): Promise<PostgresServer> {
    await ensureBuilt();
    const place = { home: await postgresBinaries(), dir, account: unprivilegedAccount() };
    await openFolder(dir, place.account);
    if (!(await exists(join(dir, 'cluster')))) {
      await createCluster(place.home, join(dir, 'cluster'), place.account);
    }
    const server = new PostgresServer(place, port ?? (await freePort()));
    await server.startOn(port === undefined ? START_ATTEMPTS : 1);
    return server;
  }

  get port(): number {
    return this.boundPort;
  }

  get url(): string {
    return this.urlOf('postgres');
  }

  urlOf(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.boundPort}/${database}`;
  }

  /** Creates an empty database and returns its URL. */
  async createDatabase(name: string): Promise<string> {
    await query(this.url, `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
    return this.urlOf(name);
  }

  async restart(): Promise<void> {
    await this.stop();
    // After a kill the old server's children may hold its shared memory for a moment.
    await this.startOn(RESTART_ATTEMPTS, false);
  }

  private async startOn(attempts: number, mayMove = true): Promise<void> {
    try {
      await this.launch();
    } catch (error) {
      if (attempts <= 1) throw error;
      if (mayMove) this.boundPort = await freePort();
      await pause(RETRY_MS);
      await this.startOn(attempts - 1, mayMove);
    }
  }

  private async launch(): Promise<void> {
    const { home, dir, account } = this.place;
    const cluster = join(dir, 'cluster');
    this.current = await SupervisedProcess.start({
      name: 'postgres',
      command: join(home, 'bin', 'postgres'),
      args: [
        ...['-D', cluster, '-p', String(this.boundPort)],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ],
      cwd: cluster,
      logFile: join(dir, 'postgres.log'),
      account,
      stopSignal: 'SIGINT',
    });
    await readyOrFailed(this.current, this.answering(this.current), READY_LIMIT_MS);
  }

  private async answering(current: SupervisedProcess): Promise<void> {
    while (!current.hasExited && !(await isAnswering(this.url))) await pause(LOOK_MS);
    if (current.hasExited) await new Promise<never>(() => undefined);
  }
}

function isAnswering(url: string): Promise<boolean> {
  return query(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  return PostgresServer.start(options);
}

/** A loopback port that was free a moment ago, for servers that cannot pick one by themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
