import { sql } from 'kysely';
import { rebuildReadModel } from '../../../apps/projector/src/rebuild/rebuild-read-model';
import { eventually } from '../../support/eventually';
import { ProjectorBench } from './projector-bench';
import { allRows, withReadModel } from './read-model-rows';
import { writeInstance } from './upgrade-histories';

let bench: ProjectorBench;

beforeAll(async () => {
  bench = await ProjectorBench.start();
}, 60_000);
beforeEach(() => bench.renew());
afterEach(() => bench.stopProjectors());
afterAll(() => bench.stop());

/** The tables as the build left them that knew the first migration only. */
function asOfVersion1(): Promise<void> {
  return withReadModel(bench.databaseUrl, async (database) => {
    await sql`alter table upgrades drop column waiting_for`.execute(database);
    await sql`delete from kysely_migration where name = '0002-waiting-for'`.execute(database);
    await sql`update checkpoint set version = 1`.execute(database);
  });
}

test('rows of an older version are brought to the new columns, and go on after a rebuild', async () => {
  const { position } = await writeInstance(bench.store);
  const first = await bench.startProjector();
  await first.reached(position);
  await bench.stopProjectors();
  const before = await allRows(bench.databaseUrl);
  await asOfVersion1();

  const second = await bench.startProjector();
  await eventually(() => expect(second.loop.state.kind).toBe('halted'));
  const halted = await allRows(bench.databaseUrl);
  expect(halted.upgrades).toEqual(before.upgrades);
  expect(halted.checkpoint).toMatchObject([{ version: 1 }]);

  await rebuildReadModel({ store: bench.store, databaseUrl: bench.databaseUrl });
  await eventually(() => expect(second.loop.state.kind).toBe('live'));
  expect(await allRows(bench.databaseUrl)).toEqual(before);
}, 60_000);
