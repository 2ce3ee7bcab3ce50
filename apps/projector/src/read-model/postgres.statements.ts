import type { InstanceView, Labels } from '@uplift/domain';
import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { PageRequest, Range } from './read-model.port';
import { INSTANCES } from './read-model.tables';
import { toStorableJson } from './storable-json';
import type { NamedColumn, Order, Table, TableShape } from './table';

/** In the order of a list: the end of what goes on. */
const NEVER = `'infinity'::timestamptz`;

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

/** Rows that a reader sees: those about instances with all labels of each limit, and with these values. */
export interface Seen {
  readonly schema: string;
  readonly limits: readonly Labels[];
  readonly instances: Partial<InstanceView>;
}

export function allRowsOf(schema: string): Seen {
  return { schema, limits: [], instances: {} };
}

export function selectByIds(seen: Seen, table: TableShape, ids: readonly string[]): Statement {
  const [first] = columnsOf(table, table.options.key);
  const conditions = [sql`${first} = any(${ids})`, ...ofInstances(seen, table)];
  return sql`${selectFrom(seen.schema, table)} ${allOf(conditions)}`;
}

export function selectPage(seen: Seen, table: TableShape, request: PageRequest<object>): Statement {
  const { fields, isDescending } = request.order ?? table.order;
  const direction = isDescending ? ' desc' : '';
  const by = sql.raw(
    sortKeys(table, fields)
      .map((key) => key + direction)
      .join(', '),
  );
  const conditions = [...conditionsOf(table, request), ...ofInstances(seen, table)];
  return sql`${selectFrom(seen.schema, table)} ${allOf(conditions)}
    order by ${by} limit ${request.limit}`;
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
export function ofInstances(
  { schema, limits, instances }: Seen,
  table: TableShape,
): RawBuilder<unknown>[] {
  const wanted = conditionsOf(INSTANCES, { where: instances });
  if (limits.length === 0 && wanted.length === 0) return [];
  const { field, prefix } = table.ofInstance;
  const [column] = columnsOf(table, [field]);
  const [labels] = columnsOf(INSTANCES, ['labels']);
  const [instanceId] = columnsOf(INSTANCES, ['instanceId']);
  const carried = limits.map((limit) => sql`${labels} @> ${toStorableJson(limit)}::jsonb`);
  const name = prefix === '' ? sql`${instanceId}` : sql`${prefix}::text || ${instanceId}`;
  return [
    sql`${column} collate "C" in (select ${name}
      from ${sql.id(schema, INSTANCES.name)} ${allOf([...carried, ...wanted])})`,
  ];
}

export function allOf(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
}

function conditionsOf(
  table: TableShape,
  { where, within, order = table.order, after }: Conditions,
): RawBuilder<unknown>[] {
  const conditions = Object.entries(where).map(([field, value]) => {
    const column = table.column(field);
    return sql`${sql.ref(column.name)} = ${parameter(column, value)}`;
  });
  if (within) conditions.push(...inRange(table, within));
  if (after) conditions.push(beyond(table, order, after));
  return conditions;
}

type Conditions = Pick<PageRequest<object>, 'where' | 'order' | 'after'> & {
  readonly within?: Range | undefined;
};

function inRange(table: TableShape, { field, from, before }: Range): RawBuilder<unknown>[] {
  const column = table.column(field);
  const name = sql.ref(column.name);
  return [
    ...(from === undefined ? [] : [sql`${name} >= ${parameter(column, from)}`]),
    ...(before === undefined ? [] : [sql`${name} < ${parameter(column, before)}`]),
  ];
}

function beyond(
  table: TableShape,
  { fields, isDescending }: Order,
  after: readonly unknown[],
): RawBuilder<unknown> {
  const values = fields.map((field, n) =>
    after[n] === null ? sql.raw(NEVER) : parameter(table.column(field), after[n]),
  );
  const keys = sql.raw(sortKeys(table, fields).join(', '));
  return sql`(${keys}) ${sql.raw(isDescending ? '<' : '>')} (${sql.join(values)})`;
}

/** What rows are sorted by: texts byte by byte, in every locale; a time that is not there after all others. */
export function sortKeys(table: TableShape, fields: readonly string[]): string[] {
  return fields.map((field) => {
    const { name, type, collation, isNullable } = table.column(field);
    if (type === 'text' && collation === '') return `(${name} collate "C")`;
    return type === 'timestamptz' && isNullable ? `(coalesce(${name}, ${NEVER}))` : name;
  });
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
