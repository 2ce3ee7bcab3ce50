import { sql } from 'kysely';
import type { Connections } from './postgres.connections';
import { MAY_CREATE, quoted } from './postgres.roles';
import { SchemaError } from './read-model.port';

/**
 * Webhooks and their deliveries: the service that sends them writes and reads them. They follow from no event alone, so
 * they lie in a schema of their own, which no rebuild and no projector touches.
 */
const SCHEMA = 'uplift_webhooks';
const TABLES = ['progress', 'instances', 'webhooks', 'deliveries'];

export const WEBHOOK_PARTS: readonly string[] = [
  `create schema if not exists ${SCHEMA}`,
  // How far the stream of the bus is followed.
  `create table if not exists ${SCHEMA}.progress
    (only_row boolean primary key default true check (only_row),
     stream text not null default '', sequence bigint not null default 0)`,
  `insert into ${SCHEMA}.progress default values on conflict do nothing`,
  // What has to be known of an instance to tell of its next event. Texts of others may hold what jsonb has no place for.
  `create table if not exists ${SCHEMA}.instances
    (instance_id uuid primary key, epoch text not null, view json not null)
    with (fillfactor = 70)`,
  `create table if not exists ${SCHEMA}.webhooks
    (webhook_id uuid primary key, url text not null, format text not null, events jsonb,
     labels json not null, description text not null, secrets jsonb not null,
     since timestamptz not null, created_by text not null,
     created_at timestamptz not null default now(),
     failures integer not null default 0, failing_since timestamptz,
     resting_until timestamptz not null default '-infinity',
     lease_owner uuid, lease_until timestamptz not null default '-infinity')`,
  `create table if not exists ${SCHEMA}.deliveries
    (webhook_id uuid not null references ${SCHEMA}.webhooks on delete cascade,
     event_id uuid not null, place bigint generated always as identity,
     instance_id uuid not null, event text not null, recorded_at timestamptz not null,
     body text not null, state text not null default 'pending',
     attempts integer not null default 0, queued_at timestamptz not null default now(),
     due_at timestamptz not null default now(), attempted_at timestamptz,
     status integer, detail text not null default '', duration_ms integer,
     primary key (webhook_id, event_id))`,
  `create index if not exists deliveries_pending
    on ${SCHEMA}.deliveries (webhook_id, place) where state = 'pending'`,
  `create index if not exists deliveries_waiting
    on ${SCHEMA}.deliveries (webhook_id, instance_id, due_at) where state = 'pending'`,
  `create index if not exists deliveries_newest on ${SCHEMA}.deliveries (webhook_id, place desc)`,
  `create index if not exists deliveries_age on ${SCHEMA}.deliveries (recorded_at)`,
];

export function grantsOfWebhookSender(role: string): readonly string[] {
  return [
    `grant usage on schema ${SCHEMA} to ${role}`,
    `grant select, update on ${SCHEMA}.progress to ${role}`,
    `grant select, insert, update on ${SCHEMA}.instances to ${role}`,
    `grant select, insert, update, delete on ${SCHEMA}.webhooks, ${SCHEMA}.deliveries to ${role}`,
  ];
}

/** Throws SchemaError if the role may do more than use those tables. */
export async function refuseSendersPowers(transaction: Connections, role: string): Promise<void> {
  const { rows } = await sql`
    select from pg_roles as service where rolname = ${role} and exists (
      select from pg_roles as own where pg_has_role(service.oid, own.oid, 'member') and (${MAY_CREATE}
        or exists (select from pg_namespace where nspname like 'uplift%'
          and (nspowner = own.oid or has_schema_privilege(own.oid, nspname, 'create')
            or nspname <> ${SCHEMA} and has_schema_privilege(own.oid, nspname, 'usage')))
        or exists (select from unnest(${TABLES}::text[]) as name
          where has_table_privilege(own.oid, ${SCHEMA} || '.' || name, 'truncate'))))`.execute(
    transaction,
  );
  if (rows.length === 0) return;
  throw new SchemaError(
    `The role ${quoted(role)} may do more than send webhooks: give UPLIFT_WEBHOOKS_POSTGRES_URL a role of its own, which uplift migrate creates`,
  );
}
