import { sql } from 'kysely';
import { eventually } from '../../support/eventually';
import { ProjectorBench } from './projector-bench';
import { allRows, rebuild, withReadModel } from './read-model-rows';
import { writeInstance } from './upgrade-histories';

let bench: ProjectorBench;

beforeAll(async () => {
  bench = await ProjectorBench.start();
}, 60_000);
beforeEach(() => bench.renew());
afterEach(() => bench.stopProjectors());
afterAll(() => bench.stop());

/** The tables as the build left them that did not know what an upgrade waits for. */
function asOfVersion1(): Promise<void> {
  return withReadModel(bench.databaseUrl, async (database) => {
    await sql`alter table upgrades drop column waiting_for`.execute(database);
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

  await rebuild(bench.store, bench.databaseUrl);
  await eventually(() => expect(second.loop.state.kind).toBe('live'));
  expect(await allRows(bench.databaseUrl)).toEqual(before);
}, 60_000);
