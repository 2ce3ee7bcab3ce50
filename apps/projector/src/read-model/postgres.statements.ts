import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { PageRequest } from './read-model.port';
import { toStorableJson } from './storable-json';
import type { NamedColumn, Table, TableShape } from './table';

type Statement = RawBuilder<Readonly<Record<string, unknown>>>;

/** All rows in one statement. A row that is there already is replaced, or refused where rows never change. */
export function writeRows<View>(
  schema: string,
  table: Table<View>,
  views: readonly View[],
): Statement {
  const names = table.columns.map(({ name }) => name).join(', ');
  const fields = table.columns.map(({ field }) => `"${field}"`).join(', ');
  const types = table.columns.map(({ field, type }) => `"${field}" ${type}`).join(', ');
  const rows = toStorableJson(views.map((view) => table.toJson(view)));
  return sql`insert into ${sql.id(schema, table.name)} (${sql.raw(names)}) select ${sql.raw(fields)}
    from json_to_recordset(${rows}::json) as incoming(${sql.raw(types)}) ${sql.raw(onConflict(table))}`;
}

function onConflict(table: TableShape): string {
  return table.options.isAppendOnly ? '' : replaceRow(table);
}

function replaceRow(table: TableShape): string {
  const key = columnNames(table, table.options.key);
  const others = table.columns.filter(({ name }) => !key.includes(name));
  const changes = others.map(({ name }) => `${name} = excluded.${name}`);
  return `on conflict (${key.join(', ')}) do update set ${changes.join(', ')}`;
}

/**
 * Makes the rows of one schema those of another. Rows that are equal stay as they are, and so does the table: its
 * grants, and whatever depends on it.
 */
export function copyRows(table: TableShape, from: string, to: string): readonly Statement[] {
  const [live, fresh] = [sql.id(to, table.name), sql.id(from, table.name)];
  const names = table.columns.map(({ name }) => name);
  const columnsIn = (alias: string) => sql.raw(names.map((name) => `${alias}.${name}`).join(', '));
  const sameKey = sql.raw(
    columnNames(table, table.options.key)
      .map((name) => `live.${name} = fresh.${name}`)
      .join(' and '),
  );
  const isSame = sql`(${columnsIn('live')}) is not distinct from (${columnsIn('fresh')})`;
  return [
    sql`delete from ${live} as live
      where not exists (select from ${fresh} as fresh where ${sameKey})`,
    sql`insert into ${live} (${sql.raw(names.join(', '))})
      select ${columnsIn('fresh')} from ${fresh} as fresh
      where not exists (select from ${live} as live where ${sameKey} and ${isSame})
      ${sql.raw(replaceRow(table))}`,
  ];
}

export function selectByIds(schema: string, table: TableShape, ids: readonly string[]): Statement {
  const [first] = columnsOf(table, table.options.key);
  return sql`${selectFrom(schema, table)} where ${first} = any(${ids})`;
}

export function selectPage(
  schema: string,
  table: TableShape,
  request: PageRequest<object>,
): Statement {
  const { order, isNewestFirst } = table.options;
  const direction = sql.raw(isNewestFirst ? ' desc' : '');
  const by = columnsOf(table, order).map((column) => sql`${column}${direction}`);
  return sql`${selectFrom(schema, table)} ${where(table, request)}
    order by ${sql.join(by)} limit ${request.limit}`;
}

/** `name` is the value of the field, `count` the number of rows that have it. */
export function countRows(
  schema: string,
  table: TableShape,
  { field, where: values }: { readonly field: string; readonly where: object },
): Statement {
  const [column] = columnsOf(table, [field]);
  return sql`select ${column} as name, count(*) as count from ${sql.id(schema, table.name)}
    ${where(table, { where: values })} group by 1 order by 1`;
}

function where(
  table: TableShape,
  { where, after }: Pick<PageRequest<object>, 'where' | 'after'>,
): RawBuilder<unknown> {
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

function selectFrom(schema: string, { name }: TableShape): RawBuilder<unknown> {
  return sql`select * from ${sql.id(schema, name)}`;
}

export function columnsOf(table: TableShape, fields: readonly string[]): RawBuilder<unknown>[] {
  return columnNames(table, fields).map((name) => sql.ref(name));
}

export function columnNames(table: TableShape, fields: readonly string[]): string[] {
  return fields.map((field) => table.column(field).name);
}
