import type { DatabaseConnection, Driver, TransactionSettings } from 'kysely';
import { CompiledQuery, Kysely, PostgresDialect, PostgresDriver } from 'kysely';
import { Pool } from 'pg';

export const LIVE_SCHEMA = 'uplift';
export const REBUILD_SCHEMA = 'uplift_rebuild';

/** The pool, one connection of it, or a transaction: statements are written out, so that no table types are needed. */
export type Connections = Kysely<unknown>;

export interface PostgresOptions {
  readonly url: string;
  readonly poolSize?: number;
  /** Longest statement, and longest pause inside a transaction, in milliseconds. */
  readonly statementTimeoutMs?: number;
  /** Statements may take any time: they copy whole tables. */
  readonly isUnhurried?: boolean;
  /** Off only where losing the newest commits in a crash costs nothing but work. */
  readonly synchronousCommit?: boolean;
  /** An idle connection broke; the pool replaces it by itself. */
  readonly onError?: (error: Error) => void;
}

const DEFAULT_POOL_SIZE = 8;
const DEFAULT_STATEMENT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const GRACE_MS = 5_000;
/** A connection over which nothing has come for this long is tried, and broken soon after if nobody is there. */
const SILENCE_MS = 10_000;
const LONGEST_LIFE_SECONDS = 300;

/**
 * Nothing is kept in a session: a pooler between here and the server may run each transaction in another one. So
 * settings belong to a transaction, locks too, and every table is named with its schema.
 */
export function openConnections(options: PostgresOptions): Connections {
  const { statementTimeoutMs = DEFAULT_STATEMENT_TIMEOUT_MS, isUnhurried = false } = options;
  const pool = new Pool({
    connectionString: options.url,
    application_name: 'uplift-projector',
    max: options.poolSize ?? DEFAULT_POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: SILENCE_MS,
    // A server that stands still answers nothing: its own limits do not reach this side.
    ...(isUnhurried ? {} : { query_timeout: statementTimeoutMs + GRACE_MS }),
    maxLifetimeSeconds: LONGEST_LIFE_SECONDS,
  });
  pool.on('error', (error) => options.onError?.(error));
  // The pool listens to idle connections only: one that breaks in hand between two statements would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely({
    dialect: new Dialect(pool, transactionSettings(options, statementTimeoutMs)),
  });
}

function transactionSettings(
  { isUnhurried = false, synchronousCommit = true }: PostgresOptions,
  statementTimeoutMs: number,
): string {
  const settings = {
    statement_timeout: isUnhurried ? '0' : String(statementTimeoutMs),
    // A frozen projector must not hold the checkpoint's lock.
    idle_in_transaction_session_timeout: String(statementTimeoutMs),
    synchronous_commit: synchronousCommit ? 'on' : 'off',
  };
  return Object.entries(settings)
    .map(([name, value]) => `set local ${name} = ${value}`)
    .join('; ');
}

class Dialect extends PostgresDialect {
  constructor(
    private readonly pool: Pool,
    private readonly settings: string,
  ) {
    super({ pool });
  }

  override createDriver(): Driver {
    return new SettingDriver(this.pool, this.settings);
  }
}

/** Begins each transaction with its settings, in one message. */
class SettingDriver extends PostgresDriver {
  constructor(
    pool: Pool,
    private readonly settings: string,
  ) {
    super({ pool });
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    { isolationLevel, accessMode }: TransactionSettings,
  ): Promise<void> {
    const level = isolationLevel ? ` isolation level ${isolationLevel}` : '';
    const begin = `start transaction${level} ${accessMode ?? ''}`;
    await connection.executeQuery(CompiledQuery.raw(`${begin}; ${this.settings}`));
  }
}
