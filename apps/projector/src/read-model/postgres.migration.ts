import { sql } from 'kysely';
import { Client } from 'pg';
import type { Connections } from './postgres.connections';
import { LIVE_SCHEMA, openConnections, REBUILD_SCHEMA } from './postgres.connections';
import { ACTOR_PARTS, grantsOfActorKeeper, refuseKeepersPowers } from './postgres.actors';
import { refuseDuringRebuild } from './postgres.rebuild';
import { createRole, quoted, refusePowers } from './postgres.roles';
import type { Present } from './postgres.schema';
import {
  grantsOfReader,
  grantsOfWriter,
  missingParts,
  REBUILD_FUNCTIONS,
  REBUILD_TABLES,
  rebuildParts,
  SCHEMA_VERSION,
} from './postgres.schema';
import { grantsOfWebhookSender, refuseSendersPowers, WEBHOOK_PARTS } from './postgres.webhooks';
import { SchemaError } from './read-model.port';

export interface MigrationOptions {
  /** Of the role that owns the schemas, or may create them. */
  readonly ownerUrl: string;
  /** Of the role that the projector runs as; it is made if it is not there. */
  readonly url: string;
  /** Of the role that keeps the names of actors; it is made if it is not there. */
  readonly actorsUrl?: string | undefined;
  /** Of the role that sends webhooks; it is made if it is not there. */
  readonly webhooksUrl?: string | undefined;
  /** Roles that may read the live rows. */
  readonly readers?: readonly string[];
}

export interface MigrationResult {
  /** Before; null in a database that no migration has seen. */
  readonly from: number | null;
  readonly version: number;
  readonly role: string;
}

/** Any number: it only has to be the same in every process. */
const MIGRATION_LOCK = 7_202_611_232;

/**
 * Brings schemas, tables and rights to what this build needs, all or nothing: whoever comes second finds nothing to
 * do. Throws SchemaError where that cannot be, and RebuildRunningError.
 */
export async function migrateDatabase(options: MigrationOptions): Promise<MigrationResult> {
  const { ownerUrl, url, actorsUrl, webhooksUrl, readers = [] } = options;
  const owner = openConnections({ url: ownerUrl, poolSize: 1, isUnhurried: true });
  const roleOf = (setting: string, address: string) =>
    createRole(owner, setting, new Client({ connectionString: address }));
  try {
    const role = await roleOf('UPLIFT_POSTGRES_URL', url);
    const keeper = actorsUrl && (await roleOf('UPLIFT_ACTORS_POSTGRES_URL', actorsUrl));
    const sender = webhooksUrl && (await roleOf('UPLIFT_WEBHOOKS_POSTGRES_URL', webhooksUrl));
    return await owner.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
      const from = await migrateTables(transaction);
      await runAll(transaction, grantsOfWriter(quoted(role)));
      for (const reader of readers) await runAll(transaction, grantsOfReader(quoted(reader)));
      await refusePowers(transaction, role);
      await runAll(transaction, ACTOR_PARTS);
      if (keeper) await admitKeeper(transaction, keeper);
      await runAll(transaction, WEBHOOK_PARTS);
      if (sender) await admitSender(transaction, sender);
      return { from, version: SCHEMA_VERSION, role };
    });
  } catch (error) {
    throw inOwnersWords(error);
  } finally {
    await owner.destroy();
  }
}

async function admitKeeper(transaction: Connections, role: string): Promise<void> {
  await runAll(transaction, grantsOfActorKeeper(quoted(role)));
  await refuseKeepersPowers(transaction, role);
}

async function admitSender(transaction: Connections, role: string): Promise<void> {
  await runAll(transaction, grantsOfWebhookSender(quoted(role)));
  await refuseSendersPowers(transaction, role);
}

/** Answers with the version before. */
async function migrateTables(transaction: Connections): Promise<number | null> {
  const live = await presentParts(transaction);
  const from = await migratedVersion(transaction, live);
  if (from !== null && from > SCHEMA_VERSION) {
    throw new SchemaError(
      `The database has schema version ${from} and this build knows up to ${SCHEMA_VERSION}: migrate with the build that made it, or a newer one`,
    );
  }
  if (from === SCHEMA_VERSION && isWhole(live) && (await isRebuildWhole(transaction))) {
    await runAll(transaction, missingParts(live));
    return from;
  }
  await refuseDuringRebuild(transaction);
  if (live.names.size === 0) {
    await runAll(transaction, [`create schema if not exists ${LIVE_SCHEMA}`]);
  }
  await runAll(transaction, [
    ...missingParts(live),
    ...rebuildParts(),
    `create table if not exists ${LIVE_SCHEMA}.migration
      (version integer primary key, migrated_at timestamptz not null default now())`,
    `insert into ${LIVE_SCHEMA}.migration (version) values (${SCHEMA_VERSION}) on conflict do nothing`,
  ]);
  return from;
}

async function migratedVersion(
  transaction: Connections,
  { names }: Present,
): Promise<number | null> {
  if (!names.has('migration')) return null;
  const { rows } = await sql<{ readonly version: number | null }>`
    select max(version) as version from ${sql.id(LIVE_SCHEMA, 'migration')}`.execute(transaction);
  return rows[0]?.version ?? null;
}

/** Nothing was dropped by hand: there is at most a version to update. */
function isWhole(live: Present): boolean {
  return missingParts(live).every((statement) => statement.startsWith('update'));
}

/**
 * Everything is there and belongs to whom the schema belongs to, who is the one that migrates or lends him his rights.
 * A projector from before there were migrations makes the schema anew, in its own way, when it rebuilds.
 */
async function isRebuildWhole(transaction: Connections): Promise<boolean> {
  const { rows } = await sql<{ readonly name: string }>`
    with schema as (select oid, nspowner as owner from pg_namespace
      where nspname = ${REBUILD_SCHEMA} and pg_has_role(nspowner, 'usage'))
    select relname as name from pg_class, schema
      where relnamespace = schema.oid and relowner = owner and relkind = 'r'
    union all select proname || '(' || oidvectortypes(proargtypes) || ')' from pg_proc, schema
      where pronamespace = schema.oid and proowner = owner and prosecdef`.execute(transaction);
  const found = new Set(rows.map(({ name }) => name));
  const functions = Object.entries(REBUILD_FUNCTIONS).map(([name, types]) => `${name}(${types})`);
  return [...REBUILD_TABLES, ...functions].every((name) => found.has(name));
}

async function presentParts(transaction: Connections): Promise<Present> {
  const { rows } = await sql<{ readonly name: string; readonly demanded: boolean }>`
    select table_name || '.' || column_name as name, is_nullable = 'NO' as demanded
    from information_schema.columns where table_schema = ${LIVE_SCHEMA}
    union all select indexname, false from pg_indexes where schemaname = ${LIVE_SCHEMA}
    union all select tablename, false from pg_tables where schemaname = ${LIVE_SCHEMA}`.execute(
    transaction,
  );
  return {
    names: new Set(rows.map(({ name }) => name)),
    demanded: rows.filter(({ demanded }) => demanded).map(({ name }) => name),
  };
}

async function runAll(transaction: Connections, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(transaction);
}

/** SQLSTATE: insufficient privilege. */
const NOT_ALLOWED = '42501';

function inOwnersWords(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== NOT_ALLOWED) return error;
  return new SchemaError(
    `${error.message}: UPLIFT_POSTGRES_OWNER_URL must name the role that owns the schemas ${LIVE_SCHEMA} and ${REBUILD_SCHEMA}, or one that may create them in this database`,
    { cause: error },
  );
}

/** Undefined table, undefined schema, insufficient privilege. */
const UNKNOWN = ['42P01', '3F000', NOT_ALLOWED];

/** Throws SchemaError unless all is there that this build needs and the role may not change it. */
export async function refuseUnmigrated(connections: Connections): Promise<void> {
  const version = await versionSeen(connections);
  if (version === null || version < SCHEMA_VERSION) {
    const found = version === null ? 'no schema for this role' : `schema version ${version}`;
    throw new SchemaError(
      `The database has ${found}, and this build needs version ${SCHEMA_VERSION}: run uplift migrate`,
    );
  }
  await refusePowers(connections);
  // A newer build may rebuild by other means, which are for it alone.
  if (version === SCHEMA_VERSION) await refuseWithoutRebuild(connections);
}

async function refuseWithoutRebuild(connections: Connections): Promise<void> {
  const names = Object.keys(REBUILD_FUNCTIONS);
  const { rows } = await sql`
    select distinct proname from pg_proc join pg_namespace as schema on schema.oid = pronamespace
    where nspname = ${REBUILD_SCHEMA} and proname in (${sql.join(names)})
      and has_schema_privilege(schema.oid, 'usage') and has_function_privilege(pg_proc.oid, 'execute')`.execute(
    connections,
  );
  if (rows.length === names.length) return;
  throw new SchemaError(
    `The database has no functions of a rebuild for this role in the schema ${REBUILD_SCHEMA}, since something else has made it anew: run uplift migrate`,
  );
}

/** Throws SchemaError also where a newer build has migrated: its rows are not for this one to make. */
export async function refuseOtherSchema(connections: Connections): Promise<void> {
  await refuseUnmigrated(connections);
  const version = await versionSeen(connections);
  if (version === SCHEMA_VERSION) return;
  throw new SchemaError(
    `The database has schema version ${version} and this build knows up to ${SCHEMA_VERSION}: rebuild with the build that migrated it`,
  );
}

async function versionSeen(connections: Connections): Promise<number | null> {
  try {
    const { rows } = await sql<{ readonly version: number | null }>`
      select max(version) as version from ${sql.id(LIVE_SCHEMA, 'migration')}`.execute(connections);
    return rows[0]?.version ?? null;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (typeof code === 'string' && UNKNOWN.includes(code)) return null;
    throw error;
  }
}
