import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import {
  openConnections,
  REBUILD_SCHEMA,
} from '../../../apps/projector/src/read-model/postgres.connections';
import { migrateDatabase } from '../../../apps/projector/src/read-model/postgres.migration';
import { PostgresReadModel } from '../../../apps/projector/src/read-model/postgres.read-model';
import type { TempFolder } from '../../../tools/stack/src';
import { PostgresServer, createTempFolder } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { limitedReadModelSuite } from './limited-read-model.suite';
import { listedReadModelSuite } from './listed-read-model.suite';
import { readModelSuite } from './read-model.suite';
import { TransactionPooler } from './transaction-pooler';

let folder: TempFolder;
let postgres: PostgresServer;

beforeAll(async () => {
  folder = await createTempFolder('uplift-read-model');
  postgres = await PostgresServer.start({ dir: folder.path });
});

/** At once: writing out a database for each test would take longer than the tests. */
afterAll(async () => {
  postgres.signal('SIGQUIT');
  await postgres.exited;
  await folder.remove();
});

/** With the role of a projector. */
const newDatabase = () => postgres.createReadModel(`read-model-${randomUUID()}`);

/** The same database with the role that may do everything. */
function ownerOf(url: string): string {
  const owner = new URL(url);
  owner.username = 'postgres';
  return owner.href;
}

const migrate = (url: string) => migrateDatabase({ ownerUrl: ownerOf(url), url });

const NO_ROWS = { instances: [], upgrades: [], timeline: [], switches: [], findings: [] };
const PLACE = { stream: 'instance-of-spec', revision: 0 };

/** The rows that the statements answer, all in one session. */
async function run(url: string, ...statements: string[]): Promise<unknown[]> {
  const connections = openConnections({ url, poolSize: 1 });
  const rows: unknown[] = [];
  try {
    await sql`set search_path to uplift`.execute(connections);
    for (const statement of statements)
      rows.push(...(await sql.raw(statement).execute(connections)).rows);
  } finally {
    await connections.destroy();
  }
  return rows;
}

const DROP = 'drop schema uplift cascade';

async function open() {
  const url = await newDatabase();
  return {
    connect: () => new PostgresReadModel({ url }),
    drop: async () => void (await run(ownerOf(url), DROP)),
    migrate: async () => void (await migrate(url)),
  };
}

readModelSuite('PostgreSQL', open);
limitedReadModelSuite('PostgreSQL', open);
listedReadModelSuite('PostgreSQL', open);

describe('behind a pooler of transactions', () => {
  const poolers: TransactionPooler[] = [];

  afterEach(() => Promise.all(poolers.splice(0).map((pooler) => pooler.stop())));

  async function pooled(database: string): Promise<string> {
    const pooler = await TransactionPooler.start(database);
    poolers.push(pooler);
    return pooler.url;
  }

  readModelSuite('PostgreSQL', async () => {
    const direct = await newDatabase();
    const url = await pooled(direct);
    return {
      connect: () => new PostgresReadModel({ url }),
      drop: async () => void (await run(ownerOf(direct), DROP)),
      migrate: async () => void (await migrate(direct)),
    };
  });

  it('nothing stays in a session: no lock, no setting', async () => {
    const url = await pooled(await newDatabase());
    const readModel = new PostgresReadModel({ url });
    await readModel.rebuild((_fresh, replaceLive) => replaceLive(() => Promise.resolve(null)));
    await readModel.rebuild(() => Promise.reject(new Error('broken'))).catch(() => undefined);
    await readModel.close();
    const connections = openConnections({ url, poolSize: 1 });
    const locks = await sql`select * from pg_locks where locktype = 'advisory'`.execute(
      connections,
    );
    const settings = new Set<unknown>();
    for (let n = 0; n < 8; n += 1) {
      const { rows } = await sql`select setting from pg_settings
        where name in ('search_path', 'statement_timeout', 'synchronous_commit')`.execute(
        connections,
      );
      settings.add(JSON.stringify(rows));
    }
    await connections.destroy();
    expect([locks.rows, settings.size]).toEqual([[], 1]);
  });
});

it('takes the time that it needs to put a rebuilt read model in the place of a large one', async () => {
  const url = await newDatabase();
  const limits = { url, statementTimeoutMs: 1_000 };
  const readModel = new PostgresReadModel(limits);
  const writer = openConnections({ url, statementTimeoutMs: 60_000 });
  const other = openConnections(limits);
  const locked = sql`select from uplift.checkpoint for update`;
  let replaced: Promise<boolean> | undefined;
  await writer.transaction().execute(async (transaction) => {
    await locked.execute(transaction);
    replaced = readModel.rebuild((_fresh, replaceLive) => replaceLive(() => Promise.resolve(null)));
    await eventually(async () => {
      const waiting = await sql`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(other);
      expect(waiting.rows).toHaveLength(1);
    });
    // Begins to wait later, under the limit of all other statements, and does not get what it waits for.
    await expect(locked.execute(other)).rejects.toThrow('Query read timeout');
  });
  expect(await replaced).toBe(true);
  await Promise.all([readModel.close(), writer.destroy(), other.destroy()]);
});

describe('a database that is there already', () => {
  let url: string;
  let readModel: PostgresReadModel;

  beforeEach(async () => {
    url = await newDatabase();
    readModel = new PostgresReadModel({ url });
  });

  afterEach(() => readModel.close());

  describe('tables that another build has left', () => {
    it('get the columns they lack, and have to be rebuilt if they hold anything', async () => {
      await run(
        ownerOf(url),
        'alter table upgrades drop column calls',
        'update checkpoint set position = 1',
      );
      await migrate(url);
      expect(await readModel.checkpoint()).toMatchObject({ version: 0, position: 1n });
      await run(ownerOf(url), 'select calls from upgrades');
    });

    it('go on as they are if they were empty', async () => {
      const { version } = await readModel.checkpoint();
      await run(
        ownerOf(url),
        'alter table instances drop column app',
        'update checkpoint set version = 1',
      );
      await migrate(url);
      expect(await readModel.checkpoint()).toMatchObject({ version });
      await run(ownerOf(url), 'select app from instances order by app');
    });

    it('take no rows of this build while they are those of another', async () => {
      const from = await readModel.checkpoint();
      await run(ownerOf(url), 'update checkpoint set version = 1');
      const recordedAt = new Date(0).toISOString();
      const last = { ...PLACE, id: randomUUID(), hash: null, position: 1n, recordedAt };
      const changes = { ...NO_ROWS, events: 1, last };
      expect(await readModel.commit(from, changes)).toBeNull();
      await migrate(url);
      expect(await readModel.commit(from, changes)).toMatchObject({ position: 1n });
    });

    it('get the indexes they lack', async () => {
      await run(ownerOf(url), 'drop index instances_by_core');
      await migrate(url);
      await run(ownerOf(url), 'drop index instances_by_core');
    });

    it('have no index of a list while they are rebuilt, and all of them afterwards', async () => {
      const ofLists = (schema: string) =>
        run(
          url,
          `select indexname from pg_indexes where schemaname = '${schema}' and indexname like '%\\_by\\_%' order by 1`,
        );
      const before = await ofLists('uplift');
      expect(before).not.toEqual([]);
      await readModel.rebuild(async (_fresh, replaceLive) => {
        expect(await ofLists(REBUILD_SCHEMA)).toEqual([]);
        await replaceLive(() => Promise.resolve(null));
      });
      expect(await ofLists('uplift')).toEqual(before);
    });
  });

  describe('what others have made in the database', () => {
    const rebuild = () =>
      readModel.rebuild((_fresh, replaceLive) => replaceLive(() => Promise.resolve(null)));

    it('stays over a rebuild: grants, views, indexes, comments, and tables beside ours', async () => {
      await run(
        ownerOf(url),
        'create role reporting',
        'grant usage on schema uplift to reporting',
        'grant select on instances to reporting',
        'grant select (outcome) on upgrades to reporting',
        'create view public.fleet as select instance_id, status from instances',
        'create view public.sizes as select count(*) from public.fleet',
        'create index by_environment on instances (environment)',
        "comment on table instances is 'one row per instance'",
        'create table uplift.notes (note text)',
      );
      await rebuild();
      const rows = await run(
        ownerOf(url),
        'set role reporting',
        'select outcome from upgrades',
        'select * from instances',
        'reset role',
        'select 1 as made from public.sizes where count < 0',
        'select * from uplift.notes',
        "select obj_description('instances'::regclass) as said",
        "select 1 as found from pg_indexes where indexname = 'by_environment'",
      );
      expect(rows).toMatchObject([{ said: 'one row per instance' }, { found: 1 }]);
      await run(
        ownerOf(url),
        'drop view public.sizes, public.fleet',
        'drop owned by reporting',
        'drop role reporting',
      );
    });

    it('refuses a rebuild by its name where rows cannot go for it, and all stays as it was', async () => {
      const recordedAt = new Date(0).toISOString();
      const last = { ...PLACE, id: randomUUID(), hash: null, position: 1n, recordedAt };
      const switchOf = {
        switchId: 'all',
        core: null,
        isStopped: true,
        since: 0,
        requestedBy: 'me',
        reason: 'x',
      };
      const changes = { ...NO_ROWS, switches: [switchOf], events: 1, last };
      await readModel.commit(await readModel.checkpoint(), changes);
      await run(
        ownerOf(url),
        'create table public.notes (id text constraint notes_on_switches references switches)',
        "insert into public.notes values ('all')",
      );
      await expect(rebuild()).rejects.toThrow('notes_on_switches');
      expect(await readModel.checkpoint()).toMatchObject({ position: 1n });
      await run(ownerOf(url), 'drop table public.notes');
      await rebuild();
      expect(await readModel.checkpoint()).toMatchObject({ position: null });
    });
  });
});
