import type { Labels } from '@uplift/domain';
import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { PageRequest } from './read-model.port';
import { INSTANCES } from './read-model.tables';
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

/** Rows that a reader may see: those about instances with all labels of each limit. */
export interface Seen {
  readonly schema: string;
  readonly limits: readonly Labels[];
}

export function selectByIds(
  { schema, limits }: Seen,
  table: TableShape,
  ids: readonly string[],
): Statement {
  const [first] = columnsOf(table, table.options.key);
  const conditions = [sql`${first} = any(${ids})`, ...ofInstances({ schema, limits }, table)];
  return sql`${selectFrom(schema, table)} ${allOf(conditions)}`;
}

export function selectPage(seen: Seen, table: TableShape, request: PageRequest<object>): Statement {
  const { order, isNewestFirst } = table.options;
  const direction = sql.raw(isNewestFirst ? ' desc' : '');
  const by = columnsOf(table, order).map((column) => sql`${column}${direction}`);
  const conditions = [...conditionsOf(table, request), ...ofInstances(seen, table)];
  return sql`${selectFrom(seen.schema, table)} ${allOf(conditions)}
    order by ${sql.join(by)} limit ${request.limit}`;
}

/** `name` is the value of the field, `count` the number of rows that have it. */
export function countRows(
  seen: Seen,
  table: TableShape,
  { field, where }: { readonly field: string; readonly where: object },
): Statement {
  const [column] = columnsOf(table, [field]);
  const conditions = [...conditionsOf(table, { where }), ...ofInstances(seen, table)];
  return sql`select ${column} as name, count(*) as count from ${sql.id(seen.schema, table.name)}
    ${allOf(conditions)} group by 1 order by 1`;
}

/** Nothing where there is no limit. */
export function ofInstances({ schema, limits }: Seen, table: TableShape): RawBuilder<unknown>[] {
  if (limits.length === 0) return [];
  const { field, prefix } = table.ofInstance;
  const [column] = columnsOf(table, [field]);
  const [labels] = columnsOf(INSTANCES, ['labels']);
  const [instanceId] = columnsOf(INSTANCES, ['instanceId']);
  const carried = limits.map((limit) => sql`${labels} @> ${toStorableJson(limit)}::jsonb`);
  const name = prefix === '' ? sql`${instanceId}` : sql`${prefix}::text || ${instanceId}`;
  return [
    sql`${column} collate "C" in (select ${name}
      from ${sql.id(schema, INSTANCES.name)} ${allOf(carried)})`,
  ];
}

export function allOf(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
}

function conditionsOf(
  table: TableShape,
  { where, after }: Pick<PageRequest<object>, 'where' | 'after'>,
): RawBuilder<unknown>[] {
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
  return conditions;
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
