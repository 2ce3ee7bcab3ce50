import { sql } from 'kysely';
import type { Connections } from './postgres.connections';
import { MAY_CREATE, quoted } from './postgres.roles';
import { SchemaError } from './read-model.port';

/**
 * The names of actors: the command API writes and reads them. They follow from no event, so they lie in a schema of
 * their own, which no rebuild and no projector touches.
 */
const SCHEMA = 'uplift_actors';
const TABLE = `${SCHEMA}.names`;

/** A name of null says that it was erased, for good. What an update leaves behind is vacuumed at once. */
export const ACTOR_PARTS: readonly string[] = [
  `create schema if not exists ${SCHEMA}`,
  `create table if not exists ${TABLE}
    (actor_id text primary key, name text, changed_at timestamptz not null default now())
    with (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0)`,
];

export function grantsOfActorKeeper(role: string): readonly string[] {
  return [
    `grant usage on schema ${SCHEMA} to ${role}`,
    `grant select, insert, update on ${TABLE} to ${role}`,
  ];
}

/** Throws SchemaError if the role may do more than use that table. */
export async function refuseKeepersPowers(transaction: Connections, role: string): Promise<void> {
  const { rows } = await sql`
    select from pg_roles as service where rolname = ${role} and exists (
      select from pg_roles as own where pg_has_role(service.oid, own.oid, 'member') and (${MAY_CREATE}
        or exists (select from pg_namespace where nspname like 'uplift%'
          and (nspowner = own.oid or has_schema_privilege(own.oid, nspname, 'create')
            or nspname <> ${SCHEMA} and has_schema_privilege(own.oid, nspname, 'usage')))
        or has_table_privilege(own.oid, ${TABLE}::text, 'delete, truncate')))`.execute(transaction);
  if (rows.length === 0) return;
  throw new SchemaError(
    `The role ${quoted(role)} may do more than keep the names of actors: give UPLIFT_ACTORS_POSTGRES_URL a role of its own, which uplift migrate creates`,
  );
}
