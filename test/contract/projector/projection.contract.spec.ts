import { randomBytes } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { sql } from 'kysely';
import { instanceStream, QUERY_SUBJECTS, toRecordedInstanceEvent } from '@uplift/contracts';
import {
  evolveInstanceView,
  evolveUpgradeView,
  type InstanceView,
  type UpgradeView,
} from '@uplift/domain';
import {
  INSTANCES,
  TIMELINE,
  UPGRADES,
} from '../../../apps/projector/src/read-model/read-model.tables';
import { event, WHOLE_UPGRADE, PROFILE } from '@uplift/domain/testing';
import { eventually } from '../../support/eventually';
import { ProjectorFixture } from './projector-fixture';
import { allRows, rebuild, withReadModel } from './read-model-rows';
import {
  appendTo,
  streamOf,
  withUpgradeId,
  writeInstance,
  writeInstances,
} from './upgrade-histories';

const fixture = ProjectorFixture.forEachTest();

test('the rows are the fold of the history, and the checkpoint is where it ends', async () => {
  const { instanceId, upgradeId, position } = await writeInstance(fixture.store);
  const projector = await fixture.startProjector();
  await projector.reached(position);

  const rows = await allRows(fixture.databaseUrl);
  const history = (await streamOf(fixture.store, instanceId)).map(toRecordedInstanceEvent);
  const instance = history.reduce<InstanceView | null>(evolveInstanceView, null);
  const upgrade = history.reduce<UpgradeView | null>(evolveUpgradeView, null);
  expect(rows.instances.map((row) => INSTANCES.toView(row))).toEqual([instance]);
  expect(rows.upgrades.map((row) => UPGRADES.toView(row))).toEqual([upgrade]);
  expect(upgrade?.upgradeId).toBe(upgradeId);
  expect(rows.timeline.map((row) => TIMELINE.toView(row).eventType)).toEqual(
    WHOLE_UPGRADE.map(({ type }) => type),
  );
  expect(rows.checkpoint).toMatchObject([{ position: position.toString(), events: '14' }]);
});

test('what is appended while it runs arrives', async () => {
  const projector = await fixture.startProjector();
  const [first] = await writeInstances(fixture.store, 1);
  const written = await writeInstances(fixture.store, 200);
  await projector.reached(written.at(-1)!.position);
  const rows = await allRows(fixture.databaseUrl);
  expect(rows.instances).toHaveLength(201);
  expect(rows.timeline).toHaveLength(201 * 14);
  expect(first?.head.revision).toBe(13);
});

test('after a restart it goes on at the checkpoint', async () => {
  const before = await writeInstance(fixture.store, WHOLE_UPGRADE.slice(0, 6));
  const first = await fixture.startProjector();
  await first.reached(before.position);
  await fixture.stopProjectors();
  const stream = instanceStream(before.instanceId);
  const rest = withUpgradeId(before.upgradeId, WHOLE_UPGRADE.slice(6));
  const { position } = await appendTo(fixture.store, stream, before.head, rest);

  const second = await fixture.startProjector();
  await second.reached(position);
  const rows = await allRows(fixture.databaseUrl);
  expect(rows.checkpoint).toMatchObject([{ events: '14' }]);
  expect(rows.upgrades).toMatchObject([{ outcome: 'succeeded' }]);
});

const rowOf = async (instanceId: string) => {
  const { instances } = await allRows(fixture.databaseUrl);
  const row = instances.find(({ instance_id }) => instance_id === instanceId);
  return row && INSTANCES.toView(row);
};

test('an event it does not know sets its instance aside, everybody else goes on', async () => {
  const known = await writeInstance(fixture.store);
  const stream = instanceStream(known.instanceId);
  const unknown = [{ type: 'InstanceTeleported', data: {} }, event('InstanceParked')];
  await appendTo(fixture.store, stream, known.head, unknown);
  const [stored] = (await streamOf(fixture.store, known.instanceId)).slice(-2);
  const { position } = await writeInstance(fixture.store);

  const projector = await fixture.startProjector();
  await projector.reached(position);
  expect(await projector.health.readiness()).toMatchObject({ ok: true });
  expect(await rowOf(known.instanceId)).toMatchObject({
    ...{ status: 'running-healthy-claimed', revision: 13 },
    unreadable: {
      ...{ eventId: stored!.id, eventType: 'InstanceTeleported', revision: 14 },
      ...{ reason: 'unknown-type', laterEvents: 1, since: Date.parse(stored!.recordedAt) },
    },
  });
  const { checkpoint, timeline } = await allRows(fixture.databaseUrl);
  expect(checkpoint).toMatchObject([{ position: position.toString(), events: '30' }]);
  expect(timeline).toHaveLength(29);
});

test('an event of a newer version makes it unready as well, and names what to deploy', async () => {
  const store = new InMemoryEventStore();
  await fixture.renew(store);
  const { instanceId } = await writeInstance(store);
  const [{ metadata }] = (await streamOf(store, instanceId)) as [StoredEvent];
  const newer = { ...metadata, schemaVersion: 2 };
  store.putRaw(instanceStream(instanceId), 'InstanceParked', {}, newer);
  const projector = await fixture.startProjector();
  await eventually(async () => {
    const { ok, reasons } = await projector.health.readiness();
    expect([ok, reasons['newer-version']]).toEqual([
      false,
      expect.stringContaining('deploy this service before') as string,
    ]);
  });
  expect(await rowOf(instanceId)).toMatchObject({ unreadable: { reason: 'newer-version' } });
});

test('what other programs write stops nobody: neither the projection nor a query nor a rebuild', async () => {
  const store = new InMemoryEventStore();
  await fixture.renew(store);
  store.putRaw('ops-test', 'Probe', { a: 1 });
  const { instanceId } = await writeInstance(store);
  store.putRaw('instance-nobody', 'Probe', { a: 1 });
  store.putRaw('rollout-0b1c6c0e-0000-4000-8000-00000000000a', 'RolloutPlanned', {});
  const last = store.putRaw('ops-test', 'Probe', new Uint8Array([1, 2, 3]));
  await fixture.startProjector();
  const minPosition = last.position.toString();
  const get = () => fixture.ask(QUERY_SUBJECTS.instanceGet, { instanceId, minPosition });
  expect(await get()).toMatchObject({
    instance: { revision: 13 },
    asOf: { position: minPosition },
  });
  await rebuild(store, fixture.databaseUrl);
  expect(await get()).toMatchObject({
    instance: { revision: 13 },
    asOf: { position: minPosition },
  });
});

test('an event of a category to come moves the checkpoint', async () => {
  const other = { type: 'RolloutPlanned', data: {} };
  const stream = 'rollout-0b1c6c0e-0000-4000-8000-00000000000a';
  const { position } = await appendTo(fixture.store, stream, NO_STREAM, [other]);
  const projector = await fixture.startProjector();
  await projector.reached(position);
  const { checkpoint } = await allRows(fixture.databaseUrl);
  expect(checkpoint).toMatchObject([{ position: position.toString(), events: '1' }]);
});

test('an event whose content the database refuses sets its instance aside', async () => {
  await writeInstance(fixture.store);
  const tooLong = event('InstanceRegistered', {
    profile: { ...PROFILE, project: randomBytes(20_000).toString('hex') },
  });
  const { instanceId } = await writeInstance(fixture.store, [tooLong]);
  const { position } = await writeInstance(fixture.store);
  const projector = await fixture.startProjector();
  await projector.reached(position);
  expect(await rowOf(instanceId)).toMatchObject({
    ...{ project: '', status: 'new' },
    unreadable: { reason: 'invalid-data', detail: expect.stringContaining('database') as string },
  });
  const { checkpoint } = await allRows(fixture.databaseUrl);
  expect(checkpoint).toMatchObject([{ position: position.toString(), events: '29' }]);
});

test('rows that are there and should not be stop it before the event, and all before it is written', async () => {
  const fine = await writeInstance(fixture.store);
  const { instanceId } = await writeInstance(fixture.store);
  await withReadModel(fixture.databaseUrl, (database) =>
    sql`insert into timeline (instance_id, revision, event_id, at, event_type, status)
      values (${instanceId}, 0, 'forged', now(), 'Forged', 'new')`.execute(database),
  );
  const projector = await fixture.startProjector();
  await eventually(() => expect(projector.loop.state.kind).toBe('halted'));
  const { reasons } = await projector.health.readiness();
  expect(reasons.projection).toContain(`instance-${instanceId}@0`);
  const { checkpoint } = await allRows(fixture.databaseUrl);
  expect(checkpoint).toMatchObject([{ position: fine.position.toString(), events: '14' }]);
  const answer = await fixture.ask(QUERY_SUBJECTS.systemStatus, {});
  expect(answer).toMatchObject({ asOf: { reason: 'projection-halted' } });
});

test('text that the database cannot hold is written with replacement characters', async () => {
  const odd = event('UpgradeRequested', { reason: 'nul \u0000 half \ud83d' });
  const history = [event('InstanceRegistered'), odd];
  const { upgradeId, position } = await writeInstance(fixture.store, history);
  const projector = await fixture.startProjector();
  await projector.reached(position);
  const { upgrades } = await allRows(fixture.databaseUrl);
  expect(upgrades).toMatchObject([{ upgrade_id: upgradeId, reason: 'nul \ufffd half \ufffd' }]);
});
