import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { isRunning } from '../process/process-info';
import { unprivilegedAccount } from './postgres-cluster';
import type { TempFolder } from '../process/temp-folder';
import { createTempFolder } from '../process/temp-folder';
import { postgresBinaries } from './postgres-binaries';
import { PostgresServer } from './postgres-server';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

describe('a started PostgreSQL', () => {
  let folder: TempFolder;
  let server: PostgresServer;

  beforeAll(async () => {
    folder = await createTempFolder();
    server = await PostgresServer.start({ dir: folder.path });
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it('is version 17 in UTF-8, durable, on loopback only', async () => {
    const rows = await query(
      server.url,
      `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('server_encoding') AS encoding,
       current_setting('fsync') AS fsync, current_setting('listen_addresses') AS addresses`,
    );
    expect(rows).toEqual([{ version: 17, encoding: 'UTF8', fsync: 'on', addresses: '127.0.0.1' }]);
  });

  it('has the links that npm could not carry', async () => {
    const links = join(await postgresBinaries(), 'lib', 'libicuuc.so.60');
    if (process.platform !== 'linux') return expect(existsSync(links)).toBe(false);
    expect(lstatSync(links).isSymbolicLink()).toBe(true);
  });

  it('does not run as root', () => {
    expect(statSync(join(folder.path, 'cluster')).uid).not.toBe(0);
  });

  it('keeps what was committed over a kill, on the same port', async () => {
    const url = await server.createDatabase('kept');
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const { port } = server;
    await server.kill();
    await expect(query(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.restart();
    expect(server.port).toBe(port);
    expect(await query(url, 'SELECT * FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('gives every folder a cluster of its own', async () => {
    const second = await PostgresServer.start({ dir: join(folder.path, 'second') });
    const databases = await query(second.url, "SELECT 1 FROM pg_database WHERE datname = 'kept'");
    expect(databases).toEqual([]);
    await second.stop();
  });

  it('says so when its account cannot reach the folder', async () => {
    if (process.getuid?.() !== 0) return expect(unprivilegedAccount()).toBeUndefined();
    const closed = join(folder.path, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    await expect(PostgresServer.start({ dir: join(closed, 'postgres') })).rejects.toThrow(
      /^PostgreSQL does not run as root, and the account it runs as \(\d+\) cannot reach/,
    );
  });

  it('stops while a client is connected', async () => {
    const client = new Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    const { pid } = server;
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(isRunning(pid)).toBe(false);
    await server.restart();
  });
});
