import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

/** Ids and cursors compare byte by byte, in every locale. */
const TABLES = [
  `create table instances (
    instance_id text collate "C" primary key,
    project text not null,
    project_id double precision,
    environment text not null,
    core text not null,
    app text not null,
    labels jsonb not null,
    status text not null,
    claimed boolean,
    current_upgrade_id text,
    last_upgrade_id text,
    failure_reason text,
    revision integer not null,
    registered_at timestamptz not null,
    updated_at timestamptz not null
  ) with (fillfactor = 70)`,
  `create table upgrades (
    upgrade_id text collate "C" primary key,
    instance_id text collate "C" not null,
    attempt integer not null,
    strategy text not null,
    target jsonb,
    origin_status text not null,
    requested_by text not null,
    reason text not null,
    rollout_id text,
    outcome text not null,
    stage text,
    stages jsonb not null,
    calls integer not null,
    build_name text,
    build_status text,
    build_step text,
    warnings boolean not null,
    failure jsonb,
    requested_at timestamptz not null,
    ended_at timestamptz,
    revision integer not null
  ) with (fillfactor = 70)`,
  `create table timeline (
    instance_id text collate "C" not null,
    revision integer not null,
    event_id text not null,
    at timestamptz not null,
    event_type text not null,
    status text not null,
    upgrade_id text,
    note text,
    primary key (instance_id, revision)
  )`,
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
  'insert into checkpoint (version) values (1)',
];

/** One per list filter, each ending in the keys of the list's cursor. */
const INDEXES = [
  'create index instances_by_age on instances (registered_at, instance_id)',
  'create index instances_by_status on instances (status, registered_at, instance_id)',
  'create index instances_by_project on instances (project, registered_at, instance_id)',
  'create index instances_by_app on instances (app, registered_at, instance_id)',
  'create index instances_by_core on instances (core, registered_at, instance_id)',
  'create index upgrades_by_age on upgrades (requested_at, upgrade_id)',
];

export const readModelMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of [...TABLES, ...INDEXES]) await sql.raw(statement).execute(database);
  },
};
