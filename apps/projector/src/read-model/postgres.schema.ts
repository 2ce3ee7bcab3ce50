import { sql } from 'kysely';
import type { Connections } from './postgres.connections';
import { LIVE_SCHEMA, REBUILD_SCHEMA } from './postgres.connections';
import { columnNames, copyRows } from './postgres.statements';
import { READ_MODEL_VERSION, TABLES } from './read-model.tables';
import type { ReplaceLive } from './read-model.port';
import { RebuildRunningError } from './read-model.port';
import type { NamedColumn, TableShape } from './table';

/** Any numbers: they only have to be the same in every process. */
const PREPARE_LOCK = 7_202_611_232;
const REBUILD_LOCK = 7_202_611_231;

/** Of rows that lack columns of this build: no build continues them. */
const OUTDATED = 0;
/** Before the first event. */
const NOWHERE = -1n;

const CHECKPOINT_COLUMNS = {
  only_row: 'boolean primary key default true check (only_row)',
  generation: 'uuid not null default gen_random_uuid()',
  version: 'integer not null',
  position: 'bigint',
  events: 'bigint not null default 0',
  last_event_id: 'text',
  last_event_hash: 'text',
  last_event_stream: 'text',
  last_event_revision: 'integer',
  last_event_at: 'timestamptz',
  seen_up_to: 'bigint',
  accepted_store: 'text',
  updated_at: 'timestamptz not null default now()',
} as const;
const CHECKPOINT_NAMES = Object.keys(CHECKPOINT_COLUMNS);

/** What a schema has: its columns as `table.column`, its tables and its indexes. */
interface Present {
  readonly names: ReadonlySet<string>;
  /** Columns that take no null. */
  readonly demanded: readonly string[];
}

/** Brings the schema to the columns of this build; any number of processes may try at once. */
export async function prepareSchema(connections: Connections, schema: string): Promise<void> {
  await connections.transaction().execute(async (transaction) => {
    const run = (statement: string) => sql.raw(statement).execute(transaction);
    await run(`select pg_advisory_xact_lock(${PREPARE_LOCK})`);
    const present = await presentParts(transaction, schema);
    if (present.names.size === 0) await run(`create schema if not exists ${schema}`);
    for (const statement of missingParts(schema, present)) await run(statement);
  });
}

async function presentParts(transaction: Connections, schema: string): Promise<Present> {
  const { rows } = await sql<{ readonly name: string; readonly demanded: boolean }>`
    select table_name || '.' || column_name as name, is_nullable = 'NO' as demanded
    from information_schema.columns where table_schema = ${schema}
    union all select indexname, false from pg_indexes where schemaname = ${schema}
    union all select tablename, false from pg_tables where schemaname = ${schema}`.execute(
    transaction,
  );
  return {
    names: new Set(rows.map(({ name }) => name)),
    demanded: rows.filter(({ demanded }) => demanded).map(({ name }) => name),
  };
}

function missingParts(schema: string, present: Present): string[] {
  const { names } = present;
  const tables: readonly TableShape[] = TABLES;
  const indexes = schema === REBUILD_SCHEMA ? [] : indexesIn(schema);
  const createIndexes = indexes.filter(({ name }) => !names.has(name)).map(({ create }) => create);
  if (!names.has('checkpoint.version')) {
    const create = tables.map((table) => createTable(schema, table));
    return [...create, ...createIndexes, ...createCheckpoint(schema)];
  }
  const added = tables.flatMap((table) => addedParts(schema, table, names));
  const checkpoint = `${schema}.checkpoint`;
  const outdated = `update ${checkpoint} set version = ${OUTDATED} where version = ${READ_MODEL_VERSION}`;
  return [
    ...checkpointColumns(schema, names),
    ...added,
    ...tables.flatMap((table) => columnsOfOthers(schema, table, present)),
    ...createIndexes,
    ...(added.length > 0 ? [outdated] : []),
    `update ${checkpoint} set version = ${READ_MODEL_VERSION} where position is null`,
  ];
}

/** Those of a list. Rows that are being rebuilt are found by their keys alone, and nobody else sees them. */
function indexesIn(schema: string) {
  const tables: readonly TableShape[] = TABLES;
  return tables.flatMap((table) => indexesOf(schema, table));
}

function addedParts(schema: string, table: TableShape, names: ReadonlySet<string>): string[] {
  if (!names.has(table.name)) return [createTable(schema, table)];
  return table.columns
    .filter(({ name }) => !names.has(`${table.name}.${name}`))
    .map((column) => `alter table ${schema}.${table.name} add column ${definition(column)}`);
}

/** A column that this build does not know must not keep it from writing rows. */
function columnsOfOthers(schema: string, table: TableShape, { demanded }: Present): string[] {
  const own = new Set(table.columns.map(({ name }) => `${table.name}.${name}`));
  return demanded
    .filter((column) => column.startsWith(`${table.name}.`) && !own.has(column))
    .map((column) => column.slice(table.name.length + 1))
    .map((name) => `alter table ${schema}.${table.name} alter column "${name}" drop not null`);
}

function createCheckpoint(schema: string): string[] {
  const columns = Object.entries(CHECKPOINT_COLUMNS).map(([name, type]) => `${name} ${type}`);
  return [
    `create table ${schema}.checkpoint (${columns.join(', ')})`,
    `insert into ${schema}.checkpoint (version) values (${READ_MODEL_VERSION})`,
  ];
}

function checkpointColumns(schema: string, names: ReadonlySet<string>): string[] {
  return Object.entries(CHECKPOINT_COLUMNS)
    .filter(([name]) => !names.has(`checkpoint.${name}`))
    .map(([name, type]) => `alter table ${schema}.checkpoint add column ${name} ${type}`);
}

function createTable(schema: string, table: TableShape): string {
  const { name, columns, options } = table;
  const constraint = ({ isNullable }: NamedColumn) => (isNullable ? '' : ' not null');
  const lines = columns.map((column) => definition(column) + constraint(column));
  lines.push(`primary key (${columnNames(table, options.key).join(', ')})`);
  // Room in each page for the next version of its rows.
  const storage = options.isAppendOnly ? '' : ' with (fillfactor = 70)';
  return `create table ${schema}.${name} (${lines.join(', ')})${storage}`;
}

/** Without `not null`: rows that are there already have no value for a new column. */
function definition({ name, type, collation }: NamedColumn): string {
  return `${name} ${type} ${collation}`.trimEnd();
}

/** One per filter, each ending in the fields of the list's cursor. */
function indexesOf(schema: string, table: TableShape) {
  const { order, isNewestFirst } = table.options;
  if (!isNewestFirst) return [];
  const sorted = columnNames(table, order);
  const index = (suffix: string, columns: readonly string[], where = '') => {
    const name = `${table.name}_by_${suffix}`;
    const place = `${schema}.${table.name} (${columns.join(', ')})`;
    return { name, create: `create index ${name} on ${place}${where}` };
  };
  const filtering = ({ name, isNullable }: NamedColumn) =>
    index(name, [name, ...sorted], isNullable ? ` where ${name} is not null` : '');
  return [index('age', sorted), ...table.filters.map((field) => filtering(table.column(field)))];
}

/**
 * Runs the work on empty tables of its own, alone. Throws RebuildRunningError while another process holds the lock.
 * The lock ends with the connection, whatever becomes of this process.
 */
export async function onEmptySchema<T>(
  connections: Connections,
  work: (generation: string) => Promise<T>,
): Promise<T> {
  const done: T[] = [];
  const locked = connections.transaction().execute(async (holder) => {
    await holdRebuildLock(holder);
    await sql`drop schema if exists ${sql.id(REBUILD_SCHEMA)} cascade`.execute(connections);
    await prepareSchema(connections, REBUILD_SCHEMA);
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
  const { rows } = await sql<{ readonly locked: boolean }>`
    select pg_try_advisory_xact_lock(${sql.lit(REBUILD_LOCK)}) as locked`.execute(holder);
  if (rows[0]?.locked !== true) throw new RebuildRunningError();
}

/** Of one transaction. Those that this server does not know are passed over. */
async function liftLimits(transaction: Connections, names: readonly string[]): Promise<void> {
  await sql`
    select set_config(name, '0', true) from pg_settings
    where name in (${sql.join(names)})`.execute(transaction);
}

/** `generation`: of the rebuilt rows, so that those of another rebuild are never taken for them. `connections`: unhurried. */
export function replaceLiveRows(connections: Connections, generation: string): ReplaceLive {
  return async (storeEnd) => {
    await prepareSchema(connections, LIVE_SCHEMA);
    return connections.transaction().execute(async (transaction) => {
      const run = (statement: string) => sql.raw(statement).execute(transaction);
      await liftLimits(transaction, ['transaction_timeout']);
      const live = await positionIn(transaction, LIVE_SCHEMA);
      if ((await generationIn(transaction, REBUILD_SCHEMA)) !== generation) {
        throw new RebuildRunningError();
      }
      const rebuilt = await positionIn(transaction, REBUILD_SCHEMA);
      if (rebuilt < live && rebuilt < ((await storeEnd()) ?? NOWHERE)) return false;
      await run(`analyze ${TABLES.map(({ name }) => `${REBUILD_SCHEMA}.${name}`).join(', ')}`);
      for (const table of TABLES) {
        for (const statement of copyRows(table, REBUILD_SCHEMA, LIVE_SCHEMA)) {
          await statement.execute(transaction);
        }
      }
      const names = CHECKPOINT_NAMES.join(', ');
      const values = CHECKPOINT_NAMES.map((name) => `fresh.${name}`).join(', ');
      await run(`update ${LIVE_SCHEMA}.checkpoint set (${names}) = (${values})
        from ${REBUILD_SCHEMA}.checkpoint as fresh`);
      await run(`drop schema ${REBUILD_SCHEMA} cascade`);
      return true;
    });
  };
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
