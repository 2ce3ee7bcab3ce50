import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { NameNotStorableError } from '../../../apps/command-api/src/access/actor-names.port';
import { PostgresActorNames } from '../../../apps/command-api/src/access/postgres.actor-names';
import { migrateDatabase } from '../../../apps/projector/src/read-model/postgres.migration';
import { PostgresReadModel } from '../../../apps/projector/src/read-model/postgres.read-model';
import type { TempFolder } from '../../../tools/stack/src';
import { createTempFolder, PostgresServer } from '../../../tools/stack/src';
import { CutLine } from '../event-store/cut-line';
import { actorNamesSuite } from './actor-names.suite';

let folder: TempFolder;
let postgres: PostgresServer;

beforeAll(async () => {
  folder = await createTempFolder('uplift-actors');
  postgres = await PostgresServer.start({ dir: folder.path });
});

afterAll(async () => {
  postgres.signal('SIGQUIT');
  await postgres.exited;
  await folder.remove();
});

/** A migrated database, with the roles that its services use. */
async function migrated(encoding = 'UTF8') {
  const name = `actors-${randomUUID()}`;
  const role = name.slice(0, 20);
  const kind = `encoding '${encoding}' locale 'C' template template0`;
  await run(postgres.url, `create database "${name}" ${kind}`);
  const ownerUrl = postgres.urlOf(name);
  const url = postgres.urlOf(name, `${role}-projector`);
  const actorsUrl = postgres.urlOf(name, `${role}-command-api`);
  const options = { ownerUrl, url, actorsUrl };
  await migrateDatabase(options);
  return { ...options, options };
}

/** The rows of a statement, or the SQLSTATE it was refused with. */
async function run(url: string, statement: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query<object>(statement)).rows;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  } finally {
    await client.end();
  }
}

const REFUSED = '42501';
const ROWS = 'select actor_id, name from uplift_actors.names';
const JANE = new Map([['a-1', 'Jane Doe']]);

describe('the table of names in PostgreSQL', () => {
  actorNamesSuite(async () => new PostgresActorNames((await migrated()).actorsUrl));

  it('outlives a rebuild, every migration, and the loss of the read model', async () => {
    const { ownerUrl, url, actorsUrl, options } = await migrated();
    const names = new PostgresActorNames(actorsUrl);
    await names.keep(JANE);
    const readModel = new PostgresReadModel({ url });
    await readModel.rebuild((_fresh, replaceLive) => replaceLive(() => Promise.resolve(null)));
    await readModel.close();
    await run(ownerUrl, 'drop schema uplift, uplift_rebuild cascade');
    await migrateDatabase(options);
    expect(await names.find(['a-1'])).toEqual(JANE);
    await names.close();
  });

  it('is for the role of the command API alone, and that role for nothing else', async () => {
    const { ownerUrl, url, actorsUrl } = await migrated();
    await run(ownerUrl, "insert into uplift_actors.names values ('a-1', 'Jane Doe')");
    for (const statement of [
      ROWS,
      'delete from uplift_actors.names',
      'drop schema uplift_actors',
    ]) {
      expect([statement, await run(url, statement)]).toEqual([statement, REFUSED]);
    }
    for (const statement of [
      'select * from uplift.instances',
      'select * from uplift_rebuild.instances',
      'delete from uplift_actors.names',
      'truncate uplift_actors.names',
      'drop table uplift_actors.names',
      'alter table uplift_actors.names add column own text',
      'create table uplift_actors.own (id text)',
      'create schema own',
      'set role postgres',
    ]) {
      expect([statement, await run(actorsUrl, statement)]).toEqual([statement, REFUSED]);
    }
  });

  it('says in one line what is wrong, and nothing of what it was given', async () => {
    const { ownerUrl, actorsUrl, url } = await migrated();
    const faultOf = async (address: string) => {
      const names = new PostgresActorNames(address);
      const error: unknown = await names.keep(JANE).catch((thrown: unknown) => thrown);
      await names.close();
      expect(JSON.stringify(error) + String(error)).not.toMatch(/Jane/);
      return (error as Error).message;
    };
    for (const ofAnother of [ownerUrl, url]) {
      expect(await faultOf(ofAnother)).toMatch(
        /may do more than keep the names of actors: give it/,
      );
    }
    expect(await faultOf('postgres://nobody@127.0.0.1:1/db')).toMatch(/ECONNREFUSED/);
    await run(ownerUrl, "alter table uplift_actors.names add check (name <> 'Jane Doe')");
    expect(await faultOf(actorsUrl)).toBe('the database does not do it: 23514');
    const revoked = `revoke all on schema uplift_actors from "${new URL(actorsUrl).username}"`;
    for (const statement of [revoked, 'drop schema uplift_actors cascade']) {
      await run(ownerUrl, statement);
      expect(await faultOf(actorsUrl)).toMatch(/run uplift migrate/);
    }
  });

  it('takes none of several names where it cannot store one, and each of the others alone', async () => {
    const { actorsUrl } = await migrated('LATIN1');
    const names = new PostgresActorNames(actorsUrl);
    const joerg = new Map([['a-1', 'Jörg']]);
    const ada = new Map([['a-2', 'Ada 👩‍💻']]);
    for (const write of [names.keep.bind(names), names.fill.bind(names)]) {
      await expect(write(new Map([...joerg, ...ada]))).rejects.toThrow(NameNotStorableError);
      await expect(write(ada)).rejects.toThrow(/^not storable: 22P05$/);
    }
    await names.keep(joerg);
    expect(await names.find(['a-1', 'a-2'])).toEqual(joerg);
    await names.close();
  });

  it('fails each call while the server answers nothing, and is there when it does again', async () => {
    const { actorsUrl } = await migrated();
    const line = new CutLine(postgres.port);
    const { port } = new URL(await line.open());
    const names = new PostgresActorNames(actorsUrl.replace(`:${postgres.port}/`, `:${port}/`));
    await names.keep(JANE);
    line.freeze();
    // Over the connection that there was, then over a new one.
    for (let n = 0; n < 2; n += 1) {
      await expect(names.find(['a-1'])).rejects.toThrow('no answer in time');
    }
    line.thaw();
    expect(await names.find(['a-1'])).toEqual(JANE);
    await names.close();
    await line.cut();
  });

  it('is found again once it was migrated', async () => {
    const { ownerUrl, actorsUrl, options } = await migrated();
    await run(ownerUrl, 'drop schema uplift_actors cascade');
    const names = new PostgresActorNames(actorsUrl);
    await expect(names.keep(JANE)).rejects.toThrow(/run uplift migrate/);
    await migrateDatabase(options);
    await names.keep(JANE);
    expect(await run(ownerUrl, ROWS)).toEqual([{ actor_id: 'a-1', name: 'Jane Doe' }]);
    await names.close();
  });

  it('is there without a role for it, which a later migration makes', async () => {
    const name = `actors-${randomUUID()}`;
    const ownerUrl = await postgres.createDatabase(name);
    const url = postgres.urlOf(name, `${name.slice(0, 20)}-projector`);
    await migrateDatabase({ ownerUrl, url });
    expect(await run(ownerUrl, ROWS)).toEqual([]);
    const actorsUrl = postgres.urlOf(name, `${name.slice(0, 20)}-command-api`);
    await migrateDatabase({ ownerUrl, url, actorsUrl });
    expect(await run(actorsUrl, ROWS)).toEqual([]);
  });

  it.each([
    ['that of the owner', ({ ownerUrl }: Addresses) => ownerUrl, /both name the role/],
    ['that of the projector', ({ url }: Addresses) => url, /may do more than keep the names/],
  ])('is given to no role that may do more: %s', async (_whose, roleOf, message) => {
    const { options } = await migrated();
    const failing = migrateDatabase({ ...options, actorsUrl: roleOf(options) });
    await expect(failing).rejects.toThrow(message);
  });

  it.each([
    ['read rows of the read model', 'grant usage on schema uplift to "%"'],
    ['delete names', 'grant delete on uplift_actors.names to "%"'],
    ['delete all names at once', 'grant truncate on uplift_actors.names to "%"'],
    ['make databases', 'alter role "%" createdb'],
    ['become one that may', 'create role "%-more" createrole role "%"'],
  ])('is used by no role that was made beforehand and may %s', async (_what, statement) => {
    const { ownerUrl, actorsUrl, options } = await migrated();
    const { username } = new URL(actorsUrl);
    expect(await run(ownerUrl, statement.replaceAll('%', username))).toEqual([]);
    const names = new PostgresActorNames(actorsUrl);
    await expect(names.keep(JANE)).rejects.toThrow(/may do more than keep the names of actors/);
    await expect(migrateDatabase(options)).rejects.toThrow(/may do more than keep the names/);
    await names.close();
  });

  it('is cleared at once of what an erased name leaves behind', async () => {
    const { ownerUrl } = await migrated();
    const options = "select reloptions from pg_class where oid = 'uplift_actors.names'::regclass";
    expect(await run(ownerUrl, options)).toEqual([
      {
        reloptions: ['autovacuum_vacuum_threshold=0', 'autovacuum_vacuum_scale_factor=0'],
      },
    ]);
  });
});

interface Addresses {
  readonly ownerUrl: string;
  readonly url: string;
}
