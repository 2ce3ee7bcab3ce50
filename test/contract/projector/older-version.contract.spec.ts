import { sql } from 'kysely';
import { migrateDatabase } from '../../../apps/projector/src/read-model/postgres.migration';
import { eventually } from '../../support/eventually';
import { ProjectorFixture } from './projector-fixture';
import { allRows, rebuild, withReadModel } from './read-model-rows';
import { writeInstance } from './upgrade-histories';

const fixture = ProjectorFixture.forEachTest();

/** The tables as the build left them that did not keep the state of an instance. */
function asOfVersion1(): Promise<void> {
  return withReadModel(fixture.ownerUrl, async (database) => {
    await sql`alter table instances drop column state`.execute(database);
    await sql`update checkpoint set version = 1`.execute(database);
  });
}

test('rows of an older version are brought to the new columns, and go on after a rebuild', async () => {
  const { position } = await writeInstance(fixture.store);
  const first = await fixture.startProjector();
  await first.reached(position);
  await fixture.stopProjectors();
  const before = await allRows(fixture.databaseUrl);
  await asOfVersion1();
  await migrateDatabase({ ownerUrl: fixture.ownerUrl, url: fixture.databaseUrl });

  const second = await fixture.startProjector();
  await eventually(() => expect(second.loop.state.kind).toBe('halted'));
  const halted = await allRows(fixture.databaseUrl);
  expect(halted.instances).toEqual(before.instances.map((row) => ({ ...row, state: null })));
  expect(halted.checkpoint).toMatchObject([{ version: 1 }]);

  await rebuild(fixture.store, fixture.databaseUrl);
  await eventually(() => expect(second.loop.state.kind).toBe('live'));
  expect(await allRows(fixture.databaseUrl)).toEqual(before);
});
