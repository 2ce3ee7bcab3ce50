import { Pool } from 'pg';
import { ActorNames, NameNotStorableError } from './actor-names.port';

const MOST_CONNECTIONS = 2;
const LONGEST_MS = 5_000;
const LONGEST_LIFE_SECONDS = 300;

/** In order of the ids, so that two processes wait for each other's rows in the same order. */
const INSERT = `
  insert into uplift_actors.names as known (actor_id, name)
  select actor_id, name from unnest($1::text[], $2::text[]) as given (actor_id, name) order by actor_id
  on conflict (actor_id)`;
const KEEP = `${INSERT} do update set name = excluded.name, changed_at = now()
  where known.name is not null and known.name <> excluded.name`;
const FILL = `${INSERT} do nothing`;
const ERASE = `
  insert into uplift_actors.names as known (actor_id, name)
  select actor_id, null from unnest($1::text[]) as given (actor_id) order by actor_id
  on conflict (actor_id) do update set name = null, changed_at = now() where known.name is not null`;
const FIND = 'select actor_id, name from uplift_actors.names where actor_id = any($1::text[])';
/** Whether it, or a role that it may become, may do more than keep names: what a migration refuses as well. */
const POWERS = `
  select exists (select from pg_roles as own where pg_has_role(service.oid, own.oid, 'member') and (
    own.rolsuper or own.rolcreaterole or own.rolcreatedb
    or has_database_privilege(own.oid, current_database(), 'create')
    or exists (select from pg_namespace where nspname like 'uplift%'
      and (nspowner = own.oid or has_schema_privilege(own.oid, nspname, 'create')
        or nspname <> 'uplift_actors' and has_schema_privilege(own.oid, nspname, 'usage')))
    or exists (select from pg_class where relnamespace = actors.oid and relname = 'names'
      and has_table_privilege(own.oid, pg_class.oid, 'delete, truncate')))) as mighty
  from pg_roles as service, pg_namespace as actors
  where service.rolname = current_user and actors.nspname = 'uplift_actors'`;

interface Row {
  readonly actor_id: string;
  readonly name: string | null;
}

/** The class of what is wrong with a value, such as a character that the encoding of the database lacks. */
const DATA_EXCEPTION = '22';
/** Undefined schema, undefined table, insufficient privilege. */
const NOT_MIGRATED = ['3F000', '42P01', '42501'];
const MIGRATE = 'the database has no table for it, or this role may not use it: run uplift migrate';

/** Of what the server says in its errors nothing is passed on but their code: the rest may hold a name. */
export class ActorTableError extends Error {
  constructor(reason: string) {
    super(reason);
  }
}

/** In PostgreSQL, as a role that may use this table alone. */
export class PostgresActorNames extends ActorNames {
  private readonly pool: Pool;
  private checked: Promise<void> | null = null;

  constructor(url: string) {
    super();
    this.pool = new Pool({
      connectionString: url,
      application_name: 'uplift-command-api',
      max: MOST_CONNECTIONS,
      connectionTimeoutMillis: LONGEST_MS,
      query_timeout: LONGEST_MS,
      keepAlive: true,
      maxLifetimeSeconds: LONGEST_LIFE_SECONDS,
    });
    // One that breaks is replaced; without a listener it would end the process, in hand or idle.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  override async keep(names: ReadonlyMap<string, string>): Promise<void> {
    await this.run(KEEP, [...names.keys()], [...names.values()]);
  }

  override async fill(names: ReadonlyMap<string, string>): Promise<void> {
    await this.run(FILL, [...names.keys()], [...names.values()]);
  }

  override async erase(actorIds: readonly string[]): Promise<void> {
    if (actorIds.length > 0) await this.run(ERASE, [...actorIds]);
  }

  override async find(actorIds: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const rows = (await this.run(FIND, [...actorIds])) as readonly Row[];
    return new Map(rows.map(({ actor_id: actorId, name }) => [actorId, name]));
  }

  override close(): Promise<void> {
    return this.pool.end();
  }

  private async run(statement: string, ...values: readonly string[][]): Promise<readonly object[]> {
    await this.check();
    return this.query(statement, values);
  }

  /** Once: who it is does not change. */
  private check(): Promise<void> {
    this.checked ??= this.refusePowers().catch((error: unknown) => {
      this.checked = null;
      throw error;
    });
    return this.checked;
  }

  private async refusePowers(): Promise<void> {
    const [row] = (await this.query(POWERS, [])) as readonly { readonly mighty: boolean }[];
    if (row === undefined) throw new ActorTableError(MIGRATE);
    if (!row.mighty) return;
    throw new ActorTableError(
      'the role of UPLIFT_ACTORS_POSTGRES_URL may do more than keep the names of actors: give it one of its own, which uplift migrate creates',
    );
  }

  private async query(
    statement: string,
    values: readonly (readonly string[])[],
  ): Promise<readonly object[]> {
    try {
      const { rows } = await this.pool.query<object>(statement, [...values]);
      return rows;
    } catch (error) {
      throw inWords(error);
    }
  }
}

function inWords(error: unknown): Error {
  const { code } = error as { readonly code?: unknown };
  const told = typeof code === 'string' ? code : 'no answer in time';
  if (told.startsWith(DATA_EXCEPTION)) return new NameNotStorableError(`not storable: ${told}`);
  return new ActorTableError(
    NOT_MIGRATED.includes(told) ? MIGRATE : `the database does not do it: ${told}`,
  );
}
