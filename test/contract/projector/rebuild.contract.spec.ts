import { sql } from 'kysely';
import { DECISIONS_STREAM, QUERY_SUBJECTS } from '@uplift/contracts';
import { NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import type { RebuildProgress } from '../../../apps/projector/src/rebuild/rebuild-read-model';
import { eventually } from '../../support/eventually';
import { everyQuery, ProjectorFixture } from './projector-fixture';
import { allRows, rebuild as rebuildIn, withReadModel } from './read-model-rows';
import { appendTo, writeInstance, writeInstances } from './upgrade-histories';

const fixture = ProjectorFixture.forEachTest();

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

test('a rebuild makes whole again what a newer build can read, and leaves the rest set aside', async () => {
  const { instanceId, head, position } = await writeInstance(fixture.store);
  const projector = await fixture.startProjector();
  await projector.reached(position);
  const before = await allRows(fixture.databaseUrl);
  await withReadModel(fixture.databaseUrl, (database) =>
    sql`update instances set unreadable = '{"reason": "newer-version"}'`.execute(database),
  );
  await rebuild();
  expect((await allRows(fixture.databaseUrl)).instances).toEqual(before.instances);
  const unknown = [{ type: 'Unheard', data: {} }];
  const later = await appendTo(fixture.store, `instance-${instanceId}`, head, unknown);
  await rebuild();
  const { instances, checkpoint } = await allRows(fixture.databaseUrl);
  expect(instances).toMatchObject([{ revision: 13, unreadable: { reason: 'unknown-type' } }]);
  expect(checkpoint).toMatchObject([{ position: later.position.toString() }]);
});

test('a rebuild that breaks off leaves the live read model as it was, and no lock', async () => {
  const { position } = await writeInstance(fixture.store);
  const projector = await fixture.startProjector();
  await projector.reached(position);
  const before = await allRows(fixture.databaseUrl);
  const broken = new InMemoryEventStore();
  await broken.close();
  await expect(rebuildIn(broken, fixture.databaseUrl)).rejects.toThrow();
  expect(await allRows(fixture.databaseUrl)).toEqual(before);
  const locks = await withReadModel(fixture.databaseUrl, (database) =>
    sql`select * from pg_locks where locktype = 'advisory'`.execute(database),
  );
  expect(locks.rows).toEqual([]);
  await rebuild();
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

describe.each([
  ['that ends earlier', 1],
  ['that has more', 60],
])('another store, %s', (_which, instances) => {
  const ghosts = 20;

  async function startOnAnotherStore() {
    const written = await writeInstances(fixture.store, ghosts);
    const first = await fixture.startProjector();
    await first.reached(written.at(-1)!.position);
    await fixture.stopProjectors();
    fixture.store = new InMemoryEventStore();
    await writeInstances(fixture.store, instances);
    const second = await fixture.startProjector();
    await eventually(() => expect(second.loop.state.kind).toBe('halted'));
    return { second, missing: written[0]! };
  }

  test('stops the projection, and every answer says so', async () => {
    const { second, missing } = await startOnAnotherStore();
    const { ok, reasons } = await second.health.readiness();
    expect([ok, reasons.projection]).toEqual([
      false,
      expect.stringContaining('was a backup restored, or is it another store') as string,
    ]);
    const detail = expect.stringContaining('uplift system accept-store') as string;
    for (const [subject, query] of everyQuery(missing)) {
      expect(await fixture.ask(subject, query)).toMatchObject({
        asOf: { reason: 'store-diverged', detail, ageMs: expect.any(Number) as number },
      });
    }
    expect(await fixture.ask(QUERY_SUBJECTS.instanceStats, {})).toMatchObject({
      instances: { total: ghosts },
    });
  });

  test('becomes its own when an operator accepts it, and not before', async () => {
    const { second } = await startOnAnotherStore();
    const data = { requestedBy: 'operator-7', reason: 'restored', message: null };
    const accepted = [{ type: 'StoreAccepted', data }];
    const { position } = await appendTo(fixture.store, DECISIONS_STREAM, NO_STREAM, accepted);
    const minPosition = position.toString();
    const answer = await fixture.ask(QUERY_SUBJECTS.instanceStats, { minPosition });
    expect(answer).toMatchObject({ instances: { total: instances } });
    await eventually(() => expect(second.loop.state.kind).toBe('live'));
    const status = await fixture.ask(QUERY_SUBJECTS.systemStatus, { minPosition });
    expect(status).not.toHaveProperty('asOf.reason');
  });

  test('is rebuilt from by hand, too', async () => {
    const { second } = await startOnAnotherStore();
    await rebuild();
    await eventually(() => expect(second.loop.state.kind).toBe('live'));
    const rows = await allRows(fixture.databaseUrl);
    expect(rows.instances).toHaveLength(instances);
  });
});
