import { sql } from 'kysely';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import type { RebuildProgress } from '../../../apps/projector/src/rebuild/rebuild-read-model';
import { eventually } from '../../support/eventually';
import { ProjectorFixture } from './projector-fixture';
import { allRows, rebuild as rebuildIn, withReadModel } from './read-model-rows';
import { appendTo, writeInstance, writeInstances } from './upgrade-histories';

let fixture: ProjectorFixture;

beforeAll(async () => {
  fixture = await ProjectorFixture.start();
}, 60_000);
beforeEach(() => fixture.renew());
afterEach(() => fixture.stopProjectors());
afterAll(() => fixture.stop());

function rebuild(onProgress: (progress: RebuildProgress) => void = () => undefined) {
  return rebuildIn(fixture.store, fixture.databaseUrl, onProgress);
}

test('the rebuilt read model equals the live one, row by row', async () => {
  const projector = await fixture.startProjector();
  const written = await writeInstances(fixture.store, 300);
  const { position } = written.at(-1)!;
  await projector.reached(position);
  await fixture.stopProjectors();
  const live = await allRows(fixture.databaseUrl);

  const steps: RebuildProgress[] = [];
  const done = await rebuild((progress) => steps.push(progress));
  expect(await allRows(fixture.databaseUrl)).toEqual(live);
  expect(done).toMatchObject({ events: 300 * 14, position, head: position });
  expect(steps.length).toBeGreaterThan(1);
});

test('an empty database is filled without a projector having run', async () => {
  await writeInstances(fixture.store, 3);
  await rebuild();
  const { instances, checkpoint } = await allRows(fixture.databaseUrl);
  expect(instances).toHaveLength(3);
  expect(checkpoint).toMatchObject([{ events: '42' }]);
});

test('a running projector goes on from the rebuilt rows, not from those it remembers', async () => {
  const { position, instanceId, head } = await writeInstance(fixture.store);
  const projector = await fixture.startProjector();
  await projector.reached(position);
  await withReadModel(fixture.databaseUrl, (database) =>
    sql`update instances set project = 'corrupted'`.execute(database),
  );
  await rebuild();
  const report = { type: 'HealthReported', data: { status: 'running-unhealthy' } };
  const after = await appendTo(fixture.store, `instance-${instanceId}`, head, [report]);
  await projector.reached(after.position);
  expect((await allRows(fixture.databaseUrl)).instances).toMatchObject([
    { project: 'shop-berlin', status: 'running-unhealthy', revision: 14 },
  ]);
});

test('events that arrive during the rebuild are in it', async () => {
  const projector = await fixture.startProjector();
  await writeInstances(fixture.store, 400);
  let added: Promise<unknown> | undefined;
  await rebuild(() => {
    added ??= writeInstances(fixture.store, 50);
  });
  await added;
  await projector.reached((await fixture.store.lastPosition())!);
  expect((await allRows(fixture.databaseUrl)).instances).toHaveLength(450);
});

test('a rebuild that cannot read the history leaves the live read model as it was', async () => {
  const { instanceId, head, position } = await writeInstance(fixture.store);
  const projector = await fixture.startProjector();
  await projector.reached(position);
  const before = await allRows(fixture.databaseUrl);
  await appendTo(fixture.store, `instance-${instanceId}`, head, [{ type: 'Unheard', data: {} }]);
  await expect(rebuild()).rejects.toThrow('Unheard');
  expect(await allRows(fixture.databaseUrl)).toEqual(before);
});

test('a second rebuild at the same time is refused', async () => {
  await writeInstances(fixture.store, 100);
  const outcomes = await Promise.allSettled([rebuild(), rebuild()]);
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(failures.map(({ reason }) => (reason as Error).message)).toEqual([
    expect.stringContaining('Another rebuild'),
  ]);
  expect((await allRows(fixture.databaseUrl)).instances).toHaveLength(100);
});

test('a store behind the checkpoint stops the projection until the read model is rebuilt', async () => {
  const written = await writeInstances(fixture.store, 3);
  const first = await fixture.startProjector();
  await first.reached(written.at(-1)!.position);
  await fixture.stopProjectors();

  fixture.store = new InMemoryEventStore();
  const restored = await writeInstance(fixture.store);
  const second = await fixture.startProjector();
  await eventually(() => expect(second.loop.state.kind).toBe('halted'));
  expect((await second.health.readiness()).reasons.projection).toContain('backup restored');
  await rebuild();
  await eventually(() => expect(second.loop.state.kind).toBe('live'));
  const { instances } = await allRows(fixture.databaseUrl);
  expect(instances.map(({ instance_id }) => instance_id)).toEqual([restored.instanceId]);
});
