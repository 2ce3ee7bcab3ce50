import { randomBytes } from 'node:crypto';
import { NO_STREAM } from '@uplift/event-store';
import { instanceStream, toRecordedInstanceEvent } from '@uplift/contracts';
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
import { allRows } from './read-model-rows';
import {
  appendTo,
  streamOf,
  withUpgradeId,
  writeInstance,
  writeInstances,
} from './upgrade-histories';

let fixture: ProjectorFixture;

beforeAll(async () => {
  fixture = await ProjectorFixture.start();
}, 60_000);
beforeEach(() => fixture.renew());
afterEach(() => fixture.stopProjectors());
afterAll(() => fixture.stop());

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

test('it stops before an event it does not know, keeps all before it, and says which', async () => {
  const known = await writeInstance(fixture.store);
  const unknown = { type: 'InstanceTeleported', data: {} };
  const stream = instanceStream(known.instanceId);
  await appendTo(fixture.store, stream, known.head, [unknown]);
  const [stored] = (await streamOf(fixture.store, known.instanceId)).slice(-1);

  const projector = await fixture.startProjector();
  await eventually(() => expect(projector.loop.state.kind).toBe('halted'));
  await writeInstance(fixture.store);
  const { ok, reasons } = await projector.health.readiness();
  expect(ok).toBe(false);
  expect(reasons.projection).toContain('InstanceTeleported');
  expect(reasons.projection).toContain(stored!.id);
  expect(reasons.projection).toContain(stored!.position.toString());
  const rows = await allRows(fixture.databaseUrl);
  expect(rows.checkpoint).toMatchObject([{ position: known.position.toString(), events: '14' }]);
});

test('it stops at a kind of stream it has no read model for', async () => {
  const other = { type: 'RolloutPlanned', data: {} };
  await appendTo(fixture.store, 'rollout-0b1c6c0e-0000-4000-8000-00000000000a', NO_STREAM, [other]);
  const projector = await fixture.startProjector();
  await eventually(() => expect(projector.loop.state.kind).toBe('halted'));
  expect((await projector.health.readiness()).reasons.projection).toContain('RolloutPlanned');
});

test('it stops before the event whose rows the database refuses, and writes all before it', async () => {
  const fine = await writeInstance(fixture.store);
  const tooLong = event('InstanceRegistered', {
    profile: { ...PROFILE, project: randomBytes(20_000).toString('hex') },
  });
  const { instanceId } = await writeInstance(fixture.store, [tooLong]);
  await writeInstance(fixture.store);
  const projector = await fixture.startProjector();
  await eventually(() => expect(projector.loop.state.kind).toBe('halted'));
  const { reasons } = await projector.health.readiness();
  expect(reasons.projection).toContain(`instance-${instanceId}@0`);
  const { checkpoint } = await allRows(fixture.databaseUrl);
  expect(checkpoint).toMatchObject([{ position: fine.position.toString(), events: '14' }]);
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
