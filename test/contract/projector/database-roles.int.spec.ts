import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrateDatabase } from '../../../apps/projector/src/read-model/postgres.migration';
import { PostgresReadModel } from '../../../apps/projector/src/read-model/postgres.read-model';
import { SCHEMA_VERSION } from '../../../apps/projector/src/read-model/postgres.schema';
import { TABLES } from '../../../apps/projector/src/read-model/read-model.tables';
import type { TempFolder } from '../../../tools/stack/src';
import { PostgresServer, createTempFolder } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';

let folder: TempFolder;
let postgres: PostgresServer;

beforeAll(async () => {
  folder = await createTempFolder('uplift-roles');
  postgres = await PostgresServer.start({ dir: folder.path });
});

afterAll(async () => {
  postgres.signal('SIGQUIT');
  await postgres.exited;
  await folder.remove();
});

/** The rows of the last statement, or the SQLSTATE it was refused with. */
async function run(url: string, ...statements: string[]): Promise<unknown> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    let rows: unknown;
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  } finally {
    await client.end();
  }
}

/** Of this role alone, from now on. */
async function demandPassword(role: string): Promise<void> {
  const file = join(folder.path, 'cluster/pg_hba.conf');
  const rules = await readFile(file, 'utf8');
  await writeFile(file, `host all "${role}" 127.0.0.1/32 scram-sha-256\n${rules}`);
  await run(postgres.url, 'select pg_reload_conf()');
}

const REFUSED = '42501';
const READY = Promise.resolve(null);

/** A database that belongs to a role that is no superuser, as `docs/operations.md` asks for. */
async function emptyDatabase(rights = 'createrole') {
  const name = `roles-${randomUUID()}`;
  const role = name.slice(0, 20);
  const root = await postgres.createDatabase(name);
  await run(root, `create role "${role}-owner" login ${rights}`);
  await run(root, `alter database "${name}" owner to "${role}-owner"`, 'create role reporting');
  const urlOf = (user: string) => postgres.urlOf(name, user);
  const [ownerUrl, url] = [urlOf(`${role}-owner`), urlOf(`${role}-projector`)];
  return { role, root, ownerUrl, url, urlOf };
}

describe('the roles that a migration leaves', () => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;

  beforeAll(async () => {
    database = await emptyDatabase();
    const { root, role } = database;
    await run(root, `create role "${role}-reader" login`);
    await run(root, 'create schema elsewhere', 'create table elsewhere.notes (note text)');
    const { ownerUrl, url } = database;
    await migrateDatabase({ ownerUrl, url, readers: [`${role}-reader`] });
  });

  it('are enough for a projector: it checks, writes, reads and rebuilds', async () => {
    const readModel = new PostgresReadModel({ url: database.url });
    await readModel.check();
    expect(await readModel.rebuild((_fresh, replaceLive) => replaceLive(() => READY))).toBe(true);
    expect(await readModel.checkpoint()).toMatchObject({ position: null });
    await readModel.close();
  });

  const CHANGES = [
    'create table uplift.own (id text)',
    'create table public.own (id text)',
    'create table uplift_rebuild.own (id text)',
    'create schema own',
    'create index own on uplift.instances (status)',
    'create function uplift.own() returns int language sql as $$ select 1 $$',
    'alter table uplift.instances add column own text',
    'alter table uplift.instances disable trigger all',
    'drop table uplift.instances',
    'drop schema uplift cascade',
    'drop schema uplift_rebuild cascade',
    'truncate uplift.instances',
    'truncate uplift_rebuild.instances',
    'insert into uplift.checkpoint (version, only_row) values (1, false)',
    'delete from uplift.checkpoint',
    'update uplift.migration set version = 0',
    'select * from elsewhere.notes',
    'select * from pg_authid',
    "select pg_read_file('/etc/passwd')",
    "copy uplift.instances to program 'id'",
    'create role own superuser',
    'alter role current_user superuser',
    'create extension file_fdw',
    'set role postgres',
    'set session authorization postgres',
    `create or replace function uplift_rebuild.empty_tables(made_by integer) returns void
      language sql as $$ select 1 $$`,
  ];

  it.each(CHANGES)('do not let the projector: %s', async (statement) => {
    expect(await run(database.url, statement)).toBe(REFUSED);
  });

  const WRITES = [
    'insert into uplift.switches (switch_id) values (1)',
    'update uplift.checkpoint set version = 0',
    'delete from uplift.instances',
    'select * from uplift_rebuild.instances',
    'select uplift_rebuild.empty_tables(1)',
    'select uplift_rebuild.analyze_tables()',
  ];

  it.each([...WRITES, ...CHANGES.filter((each) => !each.startsWith('insert'))])(
    'do not let a reader: %s',
    async (statement) => {
      expect(await run(database.urlOf(`${database.role}-reader`), statement)).toBe(REFUSED);
    },
  );

  it('let a reader read', async () => {
    const reader = database.urlOf(`${database.role}-reader`);
    expect(await run(reader, 'select * from uplift.instances')).toEqual([]);
    expect(await run(reader, 'select version from uplift.migration')).toEqual([
      { version: SCHEMA_VERSION },
    ]);
  });
});

const alterFunction = (how: string) => `alter function uplift_rebuild.empty_tables(integer) ${how}`;

describe('a migration', () => {
  const told = (message: RegExp) => ({
    code: 'schema-unusable',
    message: expect.stringMatching(message) as string,
  });

  it('makes the role with its password, of which the server sees a proof alone', async () => {
    const { root, ownerUrl, url, role } = await emptyDatabase();
    const [secret, withSecret] = ["p@'ss/w:rd", new URL(url)];
    withSecret.password = encodeURIComponent(secret);
    await migrateDatabase({ ownerUrl, url: withSecret.href });
    const stored = await run(
      root,
      `select rolpassword, rolsuper, rolcanlogin from pg_authid
      where rolname = '${role}-projector'`,
    );
    expect(stored).toEqual([
      {
        rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$4096:/) as string,
        rolsuper: false,
        rolcanlogin: true,
      },
    ]);
    await demandPassword(`${role}-projector`);
    const withAnother = new URL(url);
    withAnother.password = 'another';
    await eventually(async () => {
      expect(await run(withAnother.href, 'select 1 as one')).toBe('28P01');
    });
    expect(await run(withSecret.href, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is done once by several at the same time, and again without effect', async () => {
    const { root, ...options } = await emptyDatabase();
    const several = [1, 2, 3].map(() => migrateDatabase(options));
    const versions = (await Promise.all(several)).map(({ from }) => from);
    expect(versions.sort()).toEqual([SCHEMA_VERSION, SCHEMA_VERSION, null]);
    expect(await run(root, 'select version from uplift.migration')).toHaveLength(1);
  });

  it('that breaks off leaves nothing half done, and can be begun again', async () => {
    const { root, ...options } = await emptyDatabase();
    const readers = ['nobody-by-this-name'];
    await expect(migrateDatabase({ ...options, readers })).rejects.toThrow('nobody-by-this-name');
    expect(await run(root, "select from pg_namespace where nspname like 'uplift%'")).toEqual([]);
    expect(await migrateDatabase(options)).toMatchObject({ from: null });
  });

  it('takes the tables of a build that made them itself, with what they hold', async () => {
    const { root, ...options } = await emptyDatabase();
    await migrateDatabase(options);
    await run(
      options.ownerUrl,
      'drop table uplift.migration',
      'drop schema uplift_rebuild cascade',
      'update uplift.checkpoint set position = 7',
    );
    expect(await migrateDatabase(options)).toMatchObject({ from: null, version: SCHEMA_VERSION });
    expect(await run(root, 'select position from uplift.checkpoint')).toEqual([{ position: '7' }]);
  });

  /** As a projector from before there were migrations does it, with the role that is the owner. */
  const REBUILT_BY_OLD = [
    'drop schema uplift_rebuild cascade',
    'create schema uplift_rebuild',
    ...[...TABLES.map(({ name }) => name), 'checkpoint'].map(
      (name) => `create table uplift_rebuild.${name} (like uplift.${name} including all)`,
    ),
  ];

  it.each([
    ['an older projector has rebuilt as their owner', REBUILT_BY_OLD],
    ['one function is gone', ['drop function uplift_rebuild.analyze_tables']],
    ['one table is gone', ['drop table uplift_rebuild.instances']],
    ['a function works with the rights of its caller', [alterFunction('security invoker')]],
    ['nothing of them is there', ['drop schema uplift_rebuild cascade']],
  ])('makes the tables of a rebuild anew where %s', async (_what, statements) => {
    const { root, ...options } = await emptyDatabase();
    await migrateDatabase(options);
    await run(root, 'update uplift.checkpoint set position = 7');
    await run(options.ownerUrl, ...statements);
    expect(await migrateDatabase(options)).toMatchObject({ from: SCHEMA_VERSION });
    expect(await run(root, 'select position from uplift.checkpoint')).toEqual([{ position: '7' }]);
    const readModel = new PostgresReadModel({ url: options.url });
    await readModel.check();
    expect(await readModel.rebuild(() => Promise.resolve('rebuilt'))).toBe('rebuilt');
    await readModel.close();
  });

  it('makes them anew where one belongs to somebody else', async () => {
    const { root, ...options } = await emptyDatabase();
    await migrateDatabase(options);
    await run(
      root,
      alterFunction('owner to postgres'),
      'alter table uplift_rebuild.upgrades owner to postgres',
    );
    await migrateDatabase(options);
    const owners = `select distinct proowner::regrole::text as owner from pg_proc
      where pronamespace = 'uplift_rebuild'::regnamespace
      union select distinct relowner::regrole::text from pg_class where relnamespace = 'uplift_rebuild'::regnamespace`;
    expect(await run(root, owners)).toEqual([{ owner: `"${new URL(options.ownerUrl).username}"` }]);
  });

  it('leaves them as they are with a role that has the rights of their owner', async () => {
    const { root, ...options } = await emptyDatabase();
    await migrateDatabase(options);
    const schema = "select oid from pg_namespace where nspname = 'uplift_rebuild'";
    const before = await run(root, schema);
    await migrateDatabase({ ...options, ownerUrl: root });
    await migrateDatabase(options);
    expect(await run(root, schema)).toEqual(before);
  });

  it('refuses a schema that is newer than it knows, and changes nothing', async () => {
    const { root, ...options } = await emptyDatabase();
    await migrateDatabase(options);
    await run(
      root,
      `insert into uplift.migration (version) values (${SCHEMA_VERSION + 1})`,
      'drop index uplift.instances_by_core',
    );
    await expect(migrateDatabase(options)).rejects.toMatchObject(told(/newer/));
    expect(await run(root, 'drop index uplift.instances_by_core')).toBe('42704');
  });

  it('waits for no rebuild: it says that one is running', async () => {
    const { root, ...options } = await emptyDatabase();
    await migrateDatabase(options);
    const readModel = new PostgresReadModel({ url: options.url });
    await readModel.rebuild(async () => {
      await migrateDatabase(options);
      await run(root, 'drop index uplift.instances_by_core');
      await expect(migrateDatabase(options)).rejects.toMatchObject({ code: 'rebuild-running' });
    });
    await readModel.close();
  });

  it('says which role it needs where its own may do too little', async () => {
    const { ownerUrl, url, root } = await emptyDatabase('nocreaterole');
    await expect(migrateDatabase({ ownerUrl, url })).rejects.toMatchObject(told(/create role/));
    const owner = new URL(ownerUrl).username;
    await run(root, `alter role "${owner}" createrole`);
    const stranger = postgres.urlOf('postgres', owner);
    await expect(migrateDatabase({ ownerUrl: stranger, url })).rejects.toMatchObject(
      told(/UPLIFT_POSTGRES_OWNER_URL must name/),
    );
  });

  it('gives the projector no role that may change tables', async () => {
    const { ownerUrl, root, role, url } = await emptyDatabase();
    const same = { ownerUrl, url: ownerUrl };
    await expect(migrateDatabase(same)).rejects.toMatchObject(told(/both name the role/));
    const asRoot = { ownerUrl, url: root };
    await expect(migrateDatabase(asRoot)).rejects.toMatchObject(
      told(/may change tables, roles or/),
    );
    await run(root, `create role "${role}-projector" login noinherit in role "${role}-owner"`);
    const asMember = { ownerUrl, url };
    await expect(migrateDatabase(asMember)).rejects.toMatchObject(told(/may change tables/));
  });
});

it.each([
  'drop function uplift_rebuild.empty_tables',
  'drop schema uplift_rebuild cascade',
  'revoke execute on function uplift_rebuild.analyze_tables from "%"',
  'revoke usage on schema uplift_rebuild from "%"',
])('a projector that could not rebuild is not ready, and says why: %s', async (statement) => {
  const { ownerUrl, url } = await emptyDatabase();
  await migrateDatabase({ ownerUrl, url });
  await run(ownerUrl, statement.replace('%', new URL(url).username));
  const readModel = new PostgresReadModel({ url });
  await expect(readModel.check()).rejects.toThrow(/functions of a rebuild.*run uplift migrate/);
  await migrateDatabase({ ownerUrl, url });
  await readModel.check();
  await readModel.close();
});

it('a projector does not run with a role that may change tables', async () => {
  const { ownerUrl, url } = await emptyDatabase();
  await migrateDatabase({ ownerUrl, url });
  const readModel = new PostgresReadModel({ url: ownerUrl });
  await expect(readModel.check()).rejects.toThrow('may change tables, roles or databases');
  await readModel.close();
});

it.each([
  ['make databases', ['alter role "%" createdb']],
  ['make schemas', ['grant create on database "#" to "%"']],
  ['make tables of a rebuild', ['grant create on schema uplift_rebuild to "%"']],
  ['drop the tables of a rebuild', ['alter schema uplift_rebuild owner to "%"']],
  ['become one that makes roles', ['create role "%-more" createrole', 'grant "%-more" to "%"']],
])('nor with one that was made beforehand and may %s', async (_what, statements) => {
  const { ownerUrl, url, root } = await emptyDatabase();
  await migrateDatabase({ ownerUrl, url });
  const readModel = new PostgresReadModel({ url });
  await readModel.check();
  const { username, pathname } = new URL(url);
  const inFull = (text: string) =>
    text.replaceAll('%', username).replaceAll('#', pathname.slice('/'.length));
  expect(await run(root, ...statements.map(inFull))).toEqual([]);
  await expect(readModel.check()).rejects.toThrow('may change tables, roles or databases');
  await readModel.close();
});

describe('a build that is older than the schema', () => {
  it('goes on with the rows, and leaves a rebuild to the newer one', async () => {
    const { ownerUrl, url, root } = await emptyDatabase();
    await migrateDatabase({ ownerUrl, url });
    await run(
      root,
      `insert into uplift.migration (version) values (${SCHEMA_VERSION + 1})`,
      'alter table uplift.switches add column newer text',
    );
    const readModel = new PostgresReadModel({ url });
    await readModel.check();
    const rebuilt = readModel.rebuild((_fresh, replaceLive) => replaceLive(() => READY));
    await expect(rebuilt).rejects.toThrow('rebuild with the build that migrated it');
    await readModel.close();
  });

  it('or newer than it waits, and says what to do', async () => {
    const { ownerUrl, url, root } = await emptyDatabase();
    await migrateDatabase({ ownerUrl, url });
    await run(root, 'update uplift.migration set version = version - 1');
    const readModel = new PostgresReadModel({ url });
    const told = new RegExp(`schema version ${SCHEMA_VERSION - 1}.*run uplift migrate`);
    await expect(readModel.check()).rejects.toThrow(told);
    expect(await migrateDatabase({ ownerUrl, url })).toMatchObject({ from: SCHEMA_VERSION - 1 });
    await readModel.check();
    await readModel.close();
  });
});
