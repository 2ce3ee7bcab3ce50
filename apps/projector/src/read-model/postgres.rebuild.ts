import { sql } from 'kysely';
import type { Connections } from './postgres.connections';
import { LIVE_SCHEMA, REBUILD_SCHEMA } from './postgres.connections';
import { CHECKPOINT_NAMES } from './postgres.schema';
import { copyRows } from './postgres.statements';
import { READ_MODEL_VERSION, TABLES } from './read-model.tables';
import type { ReplaceLive } from './read-model.port';
import { RebuildRunningError } from './read-model.port';

/** Any number: it only has to be the same in every process. */
const REBUILD_LOCK = 7_202_611_231;

/** Before the first event. */
const NOWHERE = -1n;

/**
 * Runs the work on empty tables of its own, alone. Throws RebuildRunningError while another process holds the lock.
 * The lock ends with the connection, whatever becomes of this process.
 */
export async function onEmptyTables<T>(
  connections: Connections,
  work: (generation: string) => Promise<T>,
): Promise<T> {
  const done: T[] = [];
  const locked = connections.transaction().execute(async (holder) => {
    await holdRebuildLock(holder);
    await emptyTables(connections);
    done.push(await work(await generationIn(connections, REBUILD_SCHEMA)));
  });
  // Should the lock be lost behind the work, the work is done all the same.
  await locked.catch((error: unknown) => {
    if (done.length === 0) throw error;
  });
  return done[0] as T;
}

/** For as long as the transaction lasts, which waits for nobody. A holder that vanished is noticed in half a minute. */
async function holdRebuildLock(holder: Connections): Promise<void> {
  await liftLimits(holder, ['idle_in_transaction_session_timeout', 'transaction_timeout']);
  await sql`
    select set_config('tcp_keepalives_idle', '10', true),
      set_config('tcp_keepalives_interval', '5', true),
      set_config('tcp_keepalives_count', '4', true)`.execute(holder);
  await refuseDuringRebuild(holder);
}

/** Until the transaction ends no rebuild can begin. Throws RebuildRunningError while there is one. */
export async function refuseDuringRebuild(transaction: Connections): Promise<void> {
  const { rows } = await sql<{ readonly locked: boolean }>`
    select pg_try_advisory_xact_lock(${sql.lit(REBUILD_LOCK)}) as locked`.execute(transaction);
  if (rows[0]?.locked !== true) throw new RebuildRunningError();
}

/** Their checkpoint gets another generation. */
async function emptyTables(connections: Connections): Promise<void> {
  const empty = sql.id(REBUILD_SCHEMA, 'empty_tables');
  await sql`select ${empty}(${READ_MODEL_VERSION}::integer)`.execute(connections);
}

/** Of one transaction. Those that this server does not know are passed over. */
async function liftLimits(transaction: Connections, names: readonly string[]): Promise<void> {
  await sql`
    select set_config(name, '0', true) from pg_settings
    where name in (${sql.join(names)})`.execute(transaction);
}

/** `generation`: of the rebuilt rows, so that those of another rebuild are never taken for them. `connections`: unhurried. */
export function replaceLiveRows(connections: Connections, generation: string): ReplaceLive {
  return (storeEnd) =>
    connections.transaction().execute(async (transaction) => {
      await liftLimits(transaction, ['transaction_timeout']);
      const live = await positionIn(transaction, LIVE_SCHEMA);
      if ((await generationIn(transaction, REBUILD_SCHEMA)) !== generation) {
        throw new RebuildRunningError();
      }
      const rebuilt = await positionIn(transaction, REBUILD_SCHEMA);
      if (rebuilt < live && rebuilt < ((await storeEnd()) ?? NOWHERE)) return false;
      await sql`select ${sql.id(REBUILD_SCHEMA, 'analyze_tables')}()`.execute(transaction);
      for (const table of TABLES) {
        for (const statement of copyRows(table, REBUILD_SCHEMA, LIVE_SCHEMA)) {
          await statement.execute(transaction);
        }
      }
      const names = sql.raw(CHECKPOINT_NAMES.join(', '));
      const values = sql.raw(CHECKPOINT_NAMES.map((name) => `fresh.${name}`).join(', '));
      await sql`update ${sql.id(LIVE_SCHEMA, 'checkpoint')} set (${names}) = (${values})
        from ${sql.id(REBUILD_SCHEMA, 'checkpoint')} as fresh`.execute(transaction);
      await emptyTables(transaction);
      return true;
    });
}

/** The checkpoint is locked first, as by every writer: readers go on, and see the live rows until all are replaced. */
async function positionIn(transaction: Connections, schema: string): Promise<bigint> {
  const { rows } = await sql<{ readonly position: string | null }>`
    select position from ${sql.id(schema, 'checkpoint')} for update`.execute(transaction);
  return rows[0]?.position ? BigInt(rows[0].position) : NOWHERE;
}

async function generationIn(connections: Connections, schema: string): Promise<string> {
  const { rows } = await sql<{ readonly generation: string }>`
    select generation from ${sql.id(schema, 'checkpoint')}`.execute(connections);
  if (!rows[0]) throw new RebuildRunningError();
  return rows[0].generation;
}
