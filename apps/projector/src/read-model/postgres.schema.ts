import { sql } from 'kysely';
import type { Connections } from './postgres.connections';
import { LIVE_SCHEMA, REBUILD_SCHEMA } from './postgres.connections';
import { columnNames } from './postgres.statements';
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

const CHECKPOINT = [
  `create table checkpoint (
    only_row boolean primary key default true check (only_row),
    generation uuid not null default gen_random_uuid(),
    version integer not null,
    position bigint,
    events bigint not null default 0,
    last_event_id text,
    last_event_at timestamptz,
    updated_at timestamptz not null default now()
  )`,
  `insert into checkpoint (version) values (${READ_MODEL_VERSION})`,
];

/** Brings the schema to the columns of this build; any number of processes may try at once. */
export async function prepareSchema(connections: Connections, schema: string): Promise<void> {
  await connections.transaction().execute(async (transaction) => {
    const run = (statement: string) => sql.raw(statement).execute(transaction);
    await run(`select pg_advisory_xact_lock(${PREPARE_LOCK})`);
    const present = await presentParts(transaction, schema);
    if (present.size === 0) await run(`create schema if not exists ${schema}`);
    for (const statement of missingParts(present)) await run(statement);
  });
}

/** Names of columns, as `table.column`, and of indexes. */
async function presentParts(transaction: Connections, schema: string): Promise<Set<string>> {
  const { rows } = await sql<{ readonly name: string }>`
    select table_name || '.' || column_name as name
    from information_schema.columns where table_schema = ${schema}
    union all select indexname from pg_indexes where schemaname = ${schema}`.execute(transaction);
  return new Set(rows.map(({ name }) => name));
}

function missingParts(present: ReadonlySet<string>): string[] {
  const tables: readonly TableShape[] = TABLES;
  const indexes = tables.flatMap(indexesOf).filter(({ name }) => !present.has(name));
  const createIndexes = indexes.map(({ create }) => create);
  if (!present.has('checkpoint.version')) {
    return [...tables.map(createTable), ...createIndexes, ...CHECKPOINT];
  }
  const added = tables.flatMap((table) =>
    table.columns
      .filter(({ name }) => !present.has(`${table.name}.${name}`))
      .map((column) => `alter table ${table.name} add column ${definition(column)}`),
  );
  const outdated = `update checkpoint set version = ${OUTDATED} where version = ${READ_MODEL_VERSION}`;
  return [
    ...added,
    ...createIndexes,
    ...(added.length > 0 ? [outdated] : []),
    `update checkpoint set version = ${READ_MODEL_VERSION} where position is null`,
  ];
}

function createTable(table: TableShape): string {
  const { name, columns, options } = table;
  const constraint = ({ isNullable }: NamedColumn) => (isNullable ? '' : ' not null');
  const lines = columns.map((column) => definition(column) + constraint(column));
  lines.push(`primary key (${columnNames(table, options.key).join(', ')})`);
  // Room in each page for the next version of its rows.
  const storage = options.isAppendOnly ? '' : ' with (fillfactor = 70)';
  return `create table ${name} (${lines.join(', ')})${storage}`;
}

/** Without `not null`: rows that are there already have no value for a new column. */
function definition({ name, type, collation }: NamedColumn): string {
  return `${name} ${type} ${collation}`.trimEnd();
}

/** One per filter, each ending in the fields of the list's cursor. */
function indexesOf(table: TableShape) {
  const { order, isNewestFirst } = table.options;
  if (!isNewestFirst) return [];
  const sorted = columnNames(table, order);
  const index = (suffix: string, columns: readonly string[], where = '') => {
    const name = `${table.name}_by_${suffix}`;
    const create = `create index ${name} on ${table.name} (${columns.join(', ')})${where}`;
    return { name, create };
  };
  const filtering = ({ name, isNullable }: NamedColumn) =>
    index(name, [name, ...sorted], isNullable ? ` where ${name} is not null` : '');
  return [index('age', sorted), ...table.filters.map((field) => filtering(table.column(field)))];
}

/** Runs the work on an empty schema, alone. Throws RebuildRunningError while another process holds the lock. */
export async function onEmptySchema<T>(
  connections: Connections,
  work: () => Promise<T>,
): Promise<T> {
  return connections.connection().execute(async (connection) => {
    const { rows } = await sql<{ readonly locked: boolean }>`
      select pg_try_advisory_lock(${sql.lit(REBUILD_LOCK)}) as locked`.execute(connection);
    if (rows[0]?.locked !== true) throw new RebuildRunningError();
    try {
      await sql`drop schema if exists ${sql.id(REBUILD_SCHEMA)} cascade`.execute(connections);
      await prepareSchema(connections, REBUILD_SCHEMA);
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(REBUILD_LOCK)})`.execute(connection);
    }
  });
}

export function replaceLiveSchema(connections: Connections): ReplaceLive {
  return (storeEnd) =>
    connections.transaction().execute(async (transaction) => {
      await sql`set local synchronous_commit = on`.execute(transaction);
      const live = await lockedLivePosition(transaction);
      const rebuilt = await positionIn(transaction, REBUILD_SCHEMA);
      if (rebuilt < live && rebuilt < ((await storeEnd()) ?? NOWHERE)) return false;
      const [from, to] = [sql.id(REBUILD_SCHEMA), sql.id(LIVE_SCHEMA)];
      await sql`drop schema if exists ${to} cascade`.execute(transaction);
      await sql`alter schema ${from} rename to ${to}`.execute(transaction);
      return true;
    });
}

/** The checkpoint is locked first, as by every writer: whoever holds it finishes before the tables go. */
async function lockedLivePosition(transaction: Connections): Promise<bigint> {
  const { rows } = await sql<{ readonly found: string | null }>`
    select to_regclass(${`${LIVE_SCHEMA}.checkpoint`}) as found`.execute(transaction);
  if (!rows[0]?.found) return NOWHERE;
  const table = sql.id(LIVE_SCHEMA, 'checkpoint');
  await sql`lock table ${table} in access exclusive mode`.execute(transaction);
  return positionIn(transaction, LIVE_SCHEMA);
}

async function positionIn(transaction: Connections, schema: string): Promise<bigint> {
  const { rows } = await sql<{ readonly position: string | null }>`
    select position from ${sql.id(schema, 'checkpoint')}`.execute(transaction);
  return rows[0]?.position ? BigInt(rows[0].position) : NOWHERE;
}
