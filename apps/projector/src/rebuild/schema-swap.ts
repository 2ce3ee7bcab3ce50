import { sql } from 'kysely';
import type { ReadModelDatabase } from '../database/read-model.tables';

/** Any number: it only has to be the same in every rebuild. */
const REBUILD_LOCK = 7_202_611_231;

/** Before the first event. */
const NOWHERE = -1n;

export class RebuildRunningError extends Error {
  readonly code = 'rebuild-running';
  constructor() {
    super('Another rebuild of this read model is running: let it finish or end it first');
  }
}

/** Throws RebuildRunningError while another process holds the lock. */
export async function withRebuildLock<T>(
  database: ReadModelDatabase,
  work: () => Promise<T>,
): Promise<T> {
  return database.connection().execute(async (connection) => {
    const { rows } = await sql<{ readonly locked: boolean }>`
      select pg_try_advisory_lock(${sql.lit(REBUILD_LOCK)}) as locked`.execute(connection);
    if (rows[0]?.locked !== true) throw new RebuildRunningError();
    try {
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(REBUILD_LOCK)})`.execute(connection);
    }
  });
}

export async function dropSchema(database: ReadModelDatabase, schema: string): Promise<void> {
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(database);
}

export interface Swap {
  readonly from: string;
  readonly to: string;
  /** Asked while nobody can write: where the store ends. */
  readonly storeEnd: () => Promise<bigint | null>;
}

/**
 * Puts one schema in the place of another, at once for every reader. Does nothing and answers false when readers
 * would see the past again: there are newer events, and the schema to be replaced reflects some of them.
 */
export async function swapSchemas(database: ReadModelDatabase, swap: Swap): Promise<boolean> {
  const { from, to, storeEnd } = swap;
  return database.transaction().execute(async (transaction) => {
    await sql`set local synchronous_commit = on`.execute(transaction);
    const live = await lockedPosition(transaction, to);
    const rebuilt = await positionOf(transaction, from);
    if (rebuilt < live && rebuilt < ((await storeEnd()) ?? NOWHERE)) return false;
    await sql`drop schema if exists ${sql.id(to)} cascade`.execute(transaction);
    await sql`alter schema ${sql.id(from)} rename to ${sql.id(to)}`.execute(transaction);
    return true;
  });
}

/** The checkpoint is locked first, as by every writer: whoever holds it finishes before the tables go. */
async function lockedPosition(transaction: ReadModelDatabase, schema: string): Promise<bigint> {
  const { rows } = await sql<{ readonly found: string | null }>`
    select to_regclass(${`${schema}.checkpoint`}) as found`.execute(transaction);
  if (!rows[0]?.found) return NOWHERE;
  const table = sql.id(schema, 'checkpoint');
  await sql`lock table ${table} in access exclusive mode`.execute(transaction);
  return positionOf(transaction, schema);
}

async function positionOf(transaction: ReadModelDatabase, schema: string): Promise<bigint> {
  const query = transaction.withSchema(schema).selectFrom('checkpoint').select('position');
  const row = await query.executeTakeFirst();
  return row?.position ? BigInt(row.position) : NOWHERE;
}
