import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { migrateDatabase } from '../../../../apps/projector/src/read-model/postgres.migration';
import { StackPart } from '../process/stack-part';
import type { Account } from '../process/supervised-process';
import { SupervisedProcess } from '../process/supervised-process';
import { ensureBuilt } from '../workspace/workspace';
import { postgresBinaries } from './postgres-binaries';
import { createCluster, openFolder, unprivilegedAccount } from './postgres-cluster';

const READY_LIMIT_MS = 30_000;
const RETRY_MS = 200;
const START_ATTEMPTS = 3;
const RESTART_ATTEMPTS = 200;
const RUN_TIME_ROLE = 'uplift_projector';
const WEBHOOKS_ROLE = 'uplift_webhooks';

interface PostgresServerOptions {
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
  private boundPort = 0;
  private template: Promise<string> | undefined;

  private constructor(private readonly place: Place) {
    super();
  }

  static async start({ dir, port }: PostgresServerOptions): Promise<PostgresServer> {
    await ensureBuilt();
    const place = { home: await postgresBinaries(), dir, account: unprivilegedAccount() };
    await openFolder(dir, place.account);
    const cluster = join(dir, 'cluster');
    if (!existsSync(cluster)) await createCluster(place.home, cluster, place.account);
    const server = new PostgresServer(place);
    if (port === undefined) await server.launchOn(freePort, START_ATTEMPTS);
    else await server.launchOn(() => port, 1);
    return server;
  }

  get port(): number {
    return this.boundPort;
  }

  get url(): string {
    return this.urlOf('postgres');
  }

  /** With the role that may do everything, or another one. */
  urlOf(database: string, role = 'postgres'): string {
    return `postgres://${role}@127.0.0.1:${this.boundPort}/${database}`;
  }

  /** The database as `uplift migrate` leaves it; answers with the URL of the role that a projector runs as. */
  async migrate(database = 'postgres'): Promise<string> {
    const url = this.urlOf(database, RUN_TIME_ROLE);
    const webhooksUrl = this.urlOf(database, WEBHOOKS_ROLE);
    await migrateDatabase({ ownerUrl: this.urlOf(database), url, webhooksUrl });
    return url;
  }

  /** With the role that sends webhooks. */
  get webhooksUrl(): string {
    return this.urlOf('postgres', WEBHOOKS_ROLE);
  }

  /** Creates an empty database and returns its URL. */
  async createDatabase(name: string): Promise<string> {
    await query(this.url, `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
    return this.urlOf(name);
  }

  /** A database with the tables of the read model; answers with the URL of the role that a projector runs as. */
  async createReadModel(name: string): Promise<string> {
    this.template ??= this.createTemplate();
    await query(this.url, `CREATE DATABASE "${name}" TEMPLATE "${await this.template}"`);
    return this.urlOf(name, RUN_TIME_ROLE);
  }

  private async createTemplate(): Promise<string> {
    const name = 'migrated';
    await this.createDatabase(name);
    await this.migrate(name);
    return name;
  }

  /** After a kill the old server's children may hold its shared memory for a moment. */
  protected launch(): Promise<void> {
    return this.launchOn(() => this.boundPort, RESTART_ATTEMPTS);
  }

  private async launchOn(port: () => number | Promise<number>, attempts: number): Promise<void> {
    this.boundPort = await port();
    try {
      await this.launchOnce();
    } catch (error) {
      if (attempts <= 1) throw error;
      await pause(RETRY_MS);
      await this.launchOn(port, attempts - 1);
    }
  }

  private async launchOnce(): Promise<void> {
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
    const answers = () => query(this.url, 'SELECT 1').catch(() => undefined);
    await this.current.answerOrFailed(answers, READY_LIMIT_MS);
  }
}

async function query(url: string, sql: string) {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
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
