import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { PageRequest } from './read-model.port';
import { toStorableJson } from './storable-json';
import type { NamedColumn, Table, TableShape } from './table';

type Statement = RawBuilder<Readonly<Record<string, unknown>>>;

/** All rows in one statement. A row that is there already is replaced, or refused where rows never change. */
export function writeRows<View>(table: Table<View>, views: readonly View[]): Statement {
  const names = table.columns.map(({ name }) => name).join(', ');
  const fields = table.columns.map(({ field }) => `"${field}"`).join(', ');
  const types = table.columns.map(({ field, type }) => `"${field}" ${type}`).join(', ');
  const rows = toStorableJson(views.map((view) => table.toJson(view)));
  return sql`insert into ${sql.table(table.name)} (${sql.raw(names)}) select ${sql.raw(fields)}
    from json_to_recordset(${rows}::json) as incoming(${sql.raw(types)}) ${sql.raw(onConflict(table))}`;
}

function onConflict(table: TableShape): string {
  if (table.options.isAppendOnly) return '';
  const key = columnNames(table, table.options.key);
  const others = table.columns.filter(({ name }) => !key.includes(name));
  const changes = others.map(({ name }) => `${name} = excluded.${name}`);
  return `on conflict (${key.join(', ')}) do update set ${changes.join(', ')}`;
}

export function selectByIds(table: TableShape, ids: readonly string[]): Statement {
  const [first] = columnsOf(table, table.options.key);
  return sql`${selectFrom(table)} where ${first} = any(${ids})`;
}

export function selectPage(table: TableShape, request: PageRequest<object>): Statement {
  const { order, isNewestFirst } = table.options;
  const direction = sql.raw(isNewestFirst ? ' desc' : '');
  const by = columnsOf(table, order).map((column) => sql`${column}${direction}`);
  return sql`${selectFrom(table)} ${where(table, request)}
    order by ${sql.join(by)} limit ${request.limit}`;
}

function where(table: TableShape, { where, after }: PageRequest<object>): RawBuilder<unknown> {
  const { order, isNewestFirst } = table.options;
  const conditions = Object.entries(where).map(([field, value]) => {
    const column = table.column(field);
    return sql`${sql.ref(column.name)} = ${parameter(column, value)}`;
  });
  if (after) {
    const values = order.map((field, n) => parameter(table.column(field), after[n]));
    const beyond = sql.raw(isNewestFirst ? '<' : '>');
    const columns = sql.join(columnsOf(table, order));
    conditions.push(sql`(${columns}) ${beyond} (${sql.join(values)})`);
  }
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
}

function parameter({ store, type }: NamedColumn, value: unknown): RawBuilder<unknown> {
  return sql`${store(value)}::${sql.raw(type)}`;
}

function selectFrom({ name }: TableShape): RawBuilder<unknown> {
  return sql`select * from ${sql.table(name)}`;
}

export function columnsOf(table: TableShape, fields: readonly string[]): RawBuilder<unknown>[] {
  return columnNames(table, fields).map((name) => sql.ref(name));
}

export function columnNames(table: TableShape, fields: readonly string[]): string[] {
  return fields.map((field) => table.column(field).name);
}
