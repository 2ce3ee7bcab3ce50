import { LIVE_SCHEMA, REBUILD_SCHEMA } from './postgres.connections';
import { columnNames, sortKeys } from './postgres.statements';
import { READ_MODEL_VERSION, TABLES } from './read-model.tables';
import type { NamedColumn, TableShape } from './table';

/** Raised with every change of what a migration makes in a database: tables, columns, indexes, functions. */
export const SCHEMA_VERSION = 2;

/** Of rows that lack columns of this build: no build continues them. */
const OUTDATED = 0;

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
export const CHECKPOINT_NAMES = Object.keys(CHECKPOINT_COLUMNS);

/** What a rebuild works on. */
export const REBUILD_TABLES = [...TABLES.map(({ name }) => name), 'checkpoint'];
/** What the role that rebuilds may have its tables' owner do, by the types that each function takes. */
export const REBUILD_FUNCTIONS = { empty_tables: 'integer', analyze_tables: '' } as const;

/** What the live schema has: its columns as `table.column`, its tables and its indexes. */
export interface Present {
  readonly names: ReadonlySet<string>;
  /** Columns that take no null. */
  readonly demanded: readonly string[];
}

/** What brings the live schema to this build's columns and indexes. */
export function missingParts({ names, demanded }: Present): string[] {
  const tables: readonly TableShape[] = TABLES;
  const createIndexes = tables
    .flatMap((table) => indexesOf(table))
    .filter(({ name }) => !names.has(name))
    .map(({ create }) => create);
  if (!names.has('checkpoint.version')) {
    const create = tables.map((table) => createTable(LIVE_SCHEMA, table));
    return [...create, ...createIndexes, ...createCheckpoint(LIVE_SCHEMA)];
  }
  const added = tables.flatMap((table) => addedParts(table, names));
  const checkpoint = `${LIVE_SCHEMA}.checkpoint`;
  const outdated = `update ${checkpoint} set version = ${OUTDATED} where version = ${READ_MODEL_VERSION}`;
  return [
    ...checkpointColumns(names),
    ...added,
    ...tables.flatMap((table) => columnsOfOthers(table, demanded)),
    ...createIndexes,
    ...(added.length > 0 ? [outdated] : []),
    `update ${checkpoint} set version = ${READ_MODEL_VERSION} where position is null`,
  ];
}

/**
 * The tables of a rebuild, made anew: what they hold is of no use to another build. They have no index of a list:
 * rows are found by their keys alone while they are rebuilt. To empty and to analyze them is left to their owner, by
 * functions: whoever rebuilds may only write rows.
 */
export function rebuildParts(): string[] {
  const all = REBUILD_TABLES.map((name) => `${REBUILD_SCHEMA}.${name}`).join(', ');
  return [
    `drop schema if exists ${REBUILD_SCHEMA} cascade`,
    `create schema ${REBUILD_SCHEMA}`,
    ...TABLES.map((table) => createTable(REBUILD_SCHEMA, table)),
    ...createCheckpoint(REBUILD_SCHEMA),
    ownersFunction(
      'empty_tables(made_by integer)',
      `truncate ${all}; insert into ${REBUILD_SCHEMA}.checkpoint (version) values (made_by);`,
    ),
    ownersFunction('analyze_tables()', `analyze ${all};`),
  ];
}

function ownersFunction(name: string, body: string): string {
  return `create function ${REBUILD_SCHEMA}.${name} returns void language plpgsql
    security definer set search_path = pg_catalog, pg_temp as $body$ begin ${body} end $body$`;
}

/** A role that writes rows, and can do nothing else. */
export function grantsOfWriter(role: string): string[] {
  const rows = (schema: string) => [
    `grant usage on schema ${schema} to ${role}`,
    ...TABLES.map(
      ({ name }) => `grant select, insert, update, delete on ${schema}.${name} to ${role}`,
    ),
    `grant select, update on ${schema}.checkpoint to ${role}`,
  ];
  const functions = Object.keys(REBUILD_FUNCTIONS).flatMap((name) => [
    `revoke all on function ${REBUILD_SCHEMA}.${name} from public`,
    `grant execute on function ${REBUILD_SCHEMA}.${name} to ${role}`,
  ]);
  return [
    ...rows(LIVE_SCHEMA),
    ...rows(REBUILD_SCHEMA),
    ...functions,
    `grant select on ${LIVE_SCHEMA}.migration to ${role}`,
  ];
}

/** A role that reads the live rows. */
export function grantsOfReader(role: string): string[] {
  const tables = [...TABLES.map(({ name }) => name), 'checkpoint', 'migration'];
  return [
    `grant usage on schema ${LIVE_SCHEMA} to ${role}`,
    `grant select on ${tables.map((name) => `${LIVE_SCHEMA}.${name}`).join(', ')} to ${role}`,
  ];
}

function addedParts(table: TableShape, names: ReadonlySet<string>): string[] {
  if (!names.has(table.name)) return [createTable(LIVE_SCHEMA, table)];
  return table.columns
    .filter(({ name }) => !names.has(`${table.name}.${name}`))
    .map((column) => `alter table ${LIVE_SCHEMA}.${table.name} add column ${definition(column)}`);
}

/** A column that this build does not know must not keep it from writing rows. */
function columnsOfOthers(table: TableShape, demanded: readonly string[]): string[] {
  const own = new Set(table.columns.map(({ name }) => `${table.name}.${name}`));
  return demanded
    .filter((column) => column.startsWith(`${table.name}.`) && !own.has(column))
    .map((column) => column.slice(table.name.length + 1))
    .map((name) => `alter table ${LIVE_SCHEMA}.${table.name} alter column "${name}" drop not null`);
}

function createCheckpoint(schema: string): string[] {
  const columns = Object.entries(CHECKPOINT_COLUMNS).map(([name, type]) => `${name} ${type}`);
  return [
    `create table ${schema}.checkpoint (${columns.join(', ')})`,
    `insert into ${schema}.checkpoint (version) values (${READ_MODEL_VERSION})`,
  ];
}

function checkpointColumns(names: ReadonlySet<string>): string[] {
  return Object.entries(CHECKPOINT_COLUMNS)
    .filter(([name]) => !names.has(`checkpoint.${name}`))
    .map(([name, type]) => `alter table ${LIVE_SCHEMA}.checkpoint add column ${name} ${type}`);
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

/** Of a list: one per filter, each ending in the fields of the list's cursor, and one per other order. */
function indexesOf(table: TableShape) {
  const { isNewestFirst, unindexed = [], sortedBy = [] } = table.options;
  if (!isNewestFirst) return [];
  const sorted = sortKeys(table, table.order.fields);
  const index = (suffix: string, columns: readonly string[], where = '') => {
    const name = `${table.name}_by_${suffix}`;
    const place = `${LIVE_SCHEMA}.${table.name} (${columns.join(', ')})`;
    return { name, create: `create index ${name} on ${place}${where}` };
  };
  const filtering = ({ name, isNullable }: NamedColumn) =>
    index(name, [name, ...sorted], isNullable ? ` where ${name} is not null` : '');
  const filters = table.filters.filter((field) => !unindexed.includes(field));
  return [
    index('age', sorted),
    ...filters.map((field) => filtering(table.column(field))),
    ...sortedBy.map((field) =>
      index(table.column(field).name, sortKeys(table, table.orderBy(field).fields)),
    ),
  ];
}
