import type { ProblemDetails } from '@uplift/contracts';
import { FINDINGS_STREAM, QUERY_SUBJECTS } from '@uplift/contracts';
import { event, EXAMPLE_SYSTEM_DATA, upTo } from '@uplift/domain/testing';
import { NO_STREAM } from '@uplift/event-store';
import { ProjectorFixture } from './projector-fixture';
import { PublishedShapes } from './published-shapes';
import type { WrittenInstance } from './upgrade-histories';
import { appendTo, writeInstance } from './upgrade-histories';

const shapes = new PublishedShapes();
const fixture = ProjectorFixture.forAllTests();
let written: Record<'succeeded' | 'running' | 'failed' | 'resting' | 'unreadable', WrittenInstance>;

beforeAll(async () => {
  await fixture.renew();
  written = {
    succeeded: await writeInstance(fixture.store),
    running: await writeInstance(fixture.store, upTo('UpgradeStarted')),
    failed: await writeInstance(fixture.store, [
      ...upTo('DeploymentProgressed'),
      event('UpgradeFailed'),
    ]),
    unreadable: await writeInstance(fixture.store, [
      ...upTo('UpgradeStarted'),
      event('InstanceRegistered'),
    ]),
    resting: await writeInstance(fixture.store, [event('InstanceRegistered')]),
  };
  const finding = { type: 'FindingRecorded', data: EXAMPLE_SYSTEM_DATA.FindingRecorded };
  const told = await appendTo(fixture.store, FINDINGS_STREAM, NO_STREAM, [finding]);
  const projector = await fixture.startProjector();
  await projector.reached(told.position);
});

test.each(['succeeded', 'running', 'failed', 'resting', 'unreadable'] as const)(
  'answers about an instance whose upgrade is %s have the published shape',
  async (kind) => {
    const { instanceId } = written[kind];
    const instance = await fixture.ask(QUERY_SUBJECTS.instanceGet, { instanceId });
    expect(shapes.faultsOf('InstanceAnswer', instance)).toEqual([]);
    const timeline = await fixture.ask(QUERY_SUBJECTS.instanceTimeline, { instanceId });
    expect(shapes.faultsOf('TimelinePage', timeline)).toEqual([]);
  },
);

test.each(['succeeded', 'running', 'failed', 'unreadable'] as const)(
  'an upgrade that is %s has the published shape',
  async (kind) => {
    const { upgradeId } = written[kind];
    const upgrade = await fixture.ask(QUERY_SUBJECTS.upgradeGet, { upgradeId });
    expect(shapes.faultsOf('UpgradeAnswer', upgrade)).toEqual([]);
  },
);

test('lists and statistics have the published shape', async () => {
  const page = await fixture.ask(QUERY_SUBJECTS.instanceList, { limit: 2 });
  expect(shapes.faultsOf('InstancePage', page)).toEqual([]);
  const upgrades = await fixture.ask<{ items: object[] }>(QUERY_SUBJECTS.upgradeList, {});
  expect(shapes.faultsOf('UpgradePage', upgrades)).toEqual([]);
  expect(upgrades.items).toHaveLength(4);
  const findings = await fixture.ask(QUERY_SUBJECTS.systemFindings, {});
  expect(shapes.faultsOf('FindingPage', findings)).toEqual([]);
  const stats = await fixture.ask(QUERY_SUBJECTS.instanceStats, {});
  expect(shapes.faultsOf('StatsAnswer', stats)).toEqual([]);
});

test.each([
  [QUERY_SUBJECTS.instanceList, { limit: 0 }],
  [QUERY_SUBJECTS.upgradeGet, { upgradeId: '0b1c6c0e-0000-4000-8000-00000000dead' }],
])('what %s refuses is a problem of the published shape', async (subject, body) => {
  const refused = fixture.ask(subject, body).catch((error: { problem: ProblemDetails }) => {
    return error.problem;
  });
  expect(shapes.faultsOf('Problem', await refused)).toEqual([]);
});

test('a field that is not published would be noticed', () => {
  expect(shapes.faultsOf('AsOf', { position: '1', at: 'today', more: 1 })).toHaveLength(3);
});
