import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { RowSet } from './row-set';
import { toStorableJson } from './storable-json';

/** New rows in one statement; a row that exists already is an error. */
export async function insertRows<View, Table, Tables>(
  database: Kysely<Tables>,
  set: RowSet<View, Table>,
  views: readonly View[],
): Promise<void> {
  if (views.length === 0) return;
  await sql`${insertFrom(set)} ${recordset(set, views)}`.execute(database);
}

/** New and changed rows in one statement, whole. */
export async function upsertRows<View, Table, Tables>(
  database: Kysely<Tables>,
  set: RowSet<View, Table>,
  views: readonly View[],
): Promise<void> {
  if (views.length === 0) return;
  await sql`${insertFrom(set)} ${recordset(set, views)} ${onConflict(set)}`.execute(database);
}

function insertFrom<View, Table>({ table, columns }: RowSet<View, Table>) {
  const names = Object.keys(columns).join(', ');
  return sql.raw(`insert into ${table} (${names}) select ${names}`);
}

function recordset<View, Table>({ columns, toRow }: RowSet<View, Table>, views: readonly View[]) {
  const types = Object.entries(columns).map(([name, type]) => `${name} ${String(type)}`);
  const json = toStorableJson(views.map(toRow));
  return sql`from json_to_recordset(${json}::json) as incoming(${sql.raw(types.join(', '))})`;
}

function onConflict<View, Table>({ key, columns }: RowSet<View, Table>) {
  const changes = Object.keys(columns)
    .filter((name) => !(key as readonly string[]).includes(name))
    .map((name) => `${name} = excluded.${name}`);
  return sql.raw(`on conflict (${key.join(', ')}) do update set ${changes.join(', ')}`);
}
