import type { QueryAnswer } from '@uplift/contracts';
import { FINDINGS_STREAM, instanceStream, QUERY_SUBJECTS } from '@uplift/contracts';
import type { FindingKind } from '@uplift/domain';
import { EXAMPLE_SYSTEM_DATA, upTo } from '@uplift/domain/testing';
import { NO_STREAM } from '@uplift/event-store';
import { ProjectorFixture } from './projector-fixture';
import { appendTo, writeInstance } from './upgrade-histories';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const fixture = ProjectorFixture.forEachTest();

beforeEach(async () => {
  await fixture.startProjector();
});

test('a history that cannot be read says so wherever it is shown', async () => {
  const { store } = fixture;
  const { instanceId, upgradeId, head } = await writeInstance(store, upTo('UpgradeStarted'));
  const unheard = [{ type: 'Unheard', data: {} }];
  const stream = instanceStream(instanceId);
  const { position } = await appendTo(store, stream, head, unheard);
  const minPosition = position.toString();
  interface Shown {
    readonly unreadable: unknown;
  }
  const { instance } = await fixture.ask<{ instance: Shown }>(QUERY_SUBJECTS.instanceGet, {
    ...{ instanceId, minPosition },
  });
  const { upgrade } = await fixture.ask<{ upgrade: Shown }>(QUERY_SUBJECTS.upgradeGet, {
    upgradeId,
  });
  const list = await fixture.ask<{ items: Shown[] }>(QUERY_SUBJECTS.instanceList, {});
  expect(list.items).toHaveLength(1);
  for (const shown of [instance, upgrade, ...list.items]) {
    expect(shown.unreadable).toMatchObject({
      ...{ eventType: 'Unheard', reason: 'unknown-type', laterEvents: 0 },
      since: expect.stringMatching(RFC_3339) as string,
    });
    expect(shown).toMatchObject({ waitingFor: null, allowedCommands: [] });
  }
  const { items } = await fixture.ask<{ items: object[] }>(QUERY_SUBJECTS.instanceTimeline, {
    instanceId,
  });
  expect(items.at(-1)).toMatchObject({
    ...{ eventType: 'Unheard', status: 'upgrade-running' },
    note: expect.stringMatching(/^cannot be read: unknown-type/) as string,
  });
});

describe('findings', () => {
  const { FindingRecorded: example } = EXAMPLE_SYSTEM_DATA;
  const recorded = (n: number, kind: FindingKind, count = 1) => ({
    type: 'FindingRecorded',
    data: { ...example, findingId: `0b1c6c0e-0000-4000-8000-00000000000${n}`, kind, count },
  });
  const closed = (n: number) => ({
    type: 'FindingClosed',
    data: { findingId: recorded(n, 'stream-gone').data.findingId, requestedBy: 'me', reason: 'ok' },
  });
  const ask = (query: object) =>
    fixture.ask<QueryAnswer<'systemFindings'>>(QUERY_SUBJECTS.systemFindings, query);

  it('are listed once each, newest first, page by page, by kind and whether they are open', async () => {
    const { head } = await appendTo(fixture.store, FINDINGS_STREAM, NO_STREAM, [
      recorded(1, 'foreign-events'),
      recorded(2, 'stream-gone'),
      recorded(3, 'foreign-events'),
    ]);
    const { position } = await appendTo(fixture.store, FINDINGS_STREAM, head, [
      recorded(1, 'foreign-events', 7),
      closed(2),
      closed(9),
    ]);
    const minPosition = position.toString();
    const all = await ask({ minPosition });
    expect(all).toMatchObject({ openByKind: { 'foreign-events': 2 }, nextCursor: null });
    expect(all.items.map(({ count, open }) => [count, open])).toContainEqual([7, true]);
    expect(all.items).toHaveLength(3);
    expect((await ask({ open: true })).items).toHaveLength(2);
    expect((await ask({ kind: 'stream-gone' })).items).toMatchObject([
      { open: false, closedBy: 'me', closeReason: 'ok' },
    ]);
    expect((await ask({ kind: 'stream-gone', open: true })).items).toEqual([]);
    const first = await ask({ limit: 2 });
    const second = await ask({ limit: 2, cursor: first.nextCursor });
    const paged = [...first.items, ...second.items].map(({ findingId }) => findingId);
    expect(paged).toEqual(all.items.map(({ findingId }) => findingId));
  });
});
