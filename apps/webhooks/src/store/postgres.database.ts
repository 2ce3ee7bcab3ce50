import type { PoolClient } from 'pg';
import { Pool } from 'pg';

const MOST_CONNECTIONS = 8;
const LONGEST_MS = 10_000;
const LONGEST_LIFE_SECONDS = 300;

/** Undefined schema, undefined table, undefined column, insufficient privilege. */
const NOT_MIGRATED = ['3F000', '42P01', '42703', '42501'];

/** The database does not do what is asked; nothing of what it says beside its code may hold anything secret. */
export class WebhookDatabaseError extends Error {
  readonly code = 'webhook-database';
}

export interface Statements {
  readonly query: <Row extends object>(
    statement: string,
    values?: readonly unknown[],
  ) => Promise<readonly Row[]>;
}

/** Connections to PostgreSQL, as a role that may use the schema of the webhooks alone. Nothing is kept in a session. */
export class WebhookDatabase implements Statements {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool({
      connectionString: url,
      application_name: 'uplift-webhooks',
      max: MOST_CONNECTIONS,
      connectionTimeoutMillis: LONGEST_MS,
      query_timeout: LONGEST_MS,
      keepAlive: true,
      maxLifetimeSeconds: LONGEST_LIFE_SECONDS,
    });
    // One that breaks is replaced; without a listener it would end the process, in hand or idle.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async query<Row extends object>(
    statement: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    try {
      return (await this.pool.query<Row>(statement, [...values])).rows;
    } catch (error) {
      throw inWords(error);
    }
  }

  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const client = await this.connected();
    try {
      await client.query('begin');
      const result = await work({
        query: async <Row extends object>(statement: string, values: readonly unknown[] = []) =>
          (await client.query<Row>(statement, [...values])).rows,
      });
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      // Its transaction ends with it.
      client.release(true);
      throw isOfDatabase(error) ? inWords(error) : error;
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async connected(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw inWords(error);
    }
  }
}

function isOfDatabase(error: unknown): boolean {
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown };
  return severity !== undefined || (typeof code === 'string' && code.startsWith('E'));
}

function inWords(error: unknown): WebhookDatabaseError {
  const { code } = error as { readonly code?: unknown };
  const told = typeof code === 'string' ? code : 'no answer in time';
  return new WebhookDatabaseError(
    NOT_MIGRATED.includes(told)
      ? 'the database has no tables for webhooks, or this role may not use them: run uplift migrate with UPLIFT_WEBHOOKS_POSTGRES_URL'
      : `the database does not do it: ${told}`,
    { cause: error },
  );
}
