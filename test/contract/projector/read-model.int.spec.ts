import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { openConnections } from '../../../apps/projector/src/read-model/postgres.connections';
import { PostgresReadModel } from '../../../apps/projector/src/read-model/postgres.read-model';
import type { TempFolder } from '../../../tools/stack/src';
import { PostgresServer, createTempFolder } from '../../../tools/stack/src';
import { readModelSuite } from './read-model.suite';

let folder: TempFolder;
let postgres: PostgresServer;

beforeAll(async () => {
  folder = await createTempFolder('uplift-read-model');
  postgres = await PostgresServer.start({ dir: folder.path });
}, 60_000);

afterAll(async () => {
  await postgres.stop();
  await folder.remove();
});

const newDatabase = () => postgres.createDatabase(`read-model-${randomUUID()}`);

readModelSuite('PostgreSQL', async () => {
  const url = await newDatabase();
  return { connect: () => new PostgresReadModel({ url }) };
});

describe('tables that another build has left', () => {
  let url: string;
  let readModel: PostgresReadModel;

  beforeEach(async () => {
    url = await newDatabase();
    readModel = new PostgresReadModel({ url });
    await readModel.prepare();
  });

  afterEach(() => readModel.close());

  async function run(...statements: string[]): Promise<void> {
    const connections = openConnections({ url, poolSize: 1 });
    for (const statement of statements) await sql.raw(statement).execute(connections);
    await connections.destroy();
  }

  it('get the columns they lack, and have to be rebuilt if they hold anything', async () => {
    await run('alter table upgrades drop column calls', 'update checkpoint set position = 1');
    await readModel.prepare();
    expect(await readModel.checkpoint()).toMatchObject({ version: 0, position: 1n });
    await run('select calls from upgrades');
  });

  it('go on as they are if they were empty', async () => {
    const { version } = await readModel.checkpoint();
    await run('alter table instances drop column app', 'update checkpoint set version = 1');
    await readModel.prepare();
    expect(await readModel.checkpoint()).toMatchObject({ version });
    await run('select app from instances order by app');
  });

  it('take no rows of this build while they are those of another', async () => {
    const from = await readModel.checkpoint();
    await run('update checkpoint set version = 1');
    const last = { id: randomUUID(), position: 1n, recordedAt: new Date(0).toISOString() };
    const changes = { instances: [], upgrades: [], timeline: [], switches: [], events: 1, last };
    expect(await readModel.commit(from, changes)).toBeNull();
    await readModel.prepare();
    expect(await readModel.commit(from, changes)).toMatchObject({ position: 1n });
  });

  it('get the indexes they lack', async () => {
    await run('drop index instances_by_core');
    await readModel.prepare();
    await run('drop index instances_by_core');
  });
});
