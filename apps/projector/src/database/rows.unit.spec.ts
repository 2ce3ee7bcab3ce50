import type { InstanceView, TimelineEntry, UpgradeView } from '@uplift/domain';
import { evolveInstanceView, evolveUpgradeView, timelineEntry } from '@uplift/domain';
import { event, WHOLE_UPGRADE, recorded } from '@uplift/domain/testing';
import { INSTANCE_ROWS, toInstanceView } from './instance.row';
import type { InstancesTable, TimelineTable, UpgradesTable } from './read-model.tables';
import { TIMELINE_ROWS, toTimelineEntry } from './timeline.row';
import { toUpgradeView, UPGRADE_ROWS } from './upgrade.row';

const HISTORY = recorded([
  ...WHOLE_UPGRADE.slice(0, 5),
  event('WaitingFor'),
  ...WHOLE_UPGRADE.slice(5),
]);

function withTimes<Row>(row: object, ...columns: string[]): Row {
  const times = Object.entries(row).map(([column, value]) => [
    column,
    columns.includes(column) && typeof value === 'string' ? new Date(value) : (value as unknown),
  ]);
  return Object.fromEntries(times) as Row;
}

test.each(HISTORY.map((_, n) => n + 1))('after %d events row and view are the same', (count) => {
  const view = HISTORY.slice(0, count).reduce<InstanceView | null>(evolveInstanceView, null)!;
  const row = INSTANCE_ROWS.toRow(view);
  const back = toInstanceView(withTimes<InstancesTable>(row, 'registered_at', 'updated_at'));
  expect(back).toEqual(view);
});

test.each(HISTORY.slice(1).map((_, n) => n + 2))(
  'after %d events the upgrade row gives back the upgrade',
  (count) => {
    const view = HISTORY.slice(0, count).reduce<UpgradeView | null>(evolveUpgradeView, null)!;
    const row = UPGRADE_ROWS.toRow(view);
    const back = toUpgradeView(withTimes<UpgradesTable>(row, 'requested_at', 'ended_at'));
    expect(back).toEqual(view);
  },
);

test('a timeline row gives back its entry', () => {
  const entry: TimelineEntry = timelineEntry(null, HISTORY[0]!);
  const row = TIMELINE_ROWS.toRow(entry);
  expect(toTimelineEntry(withTimes<TimelineTable>(row, 'at'))).toEqual(entry);
});

test.each([INSTANCE_ROWS, UPGRADE_ROWS, TIMELINE_ROWS])(
  '$table: a row fills every column',
  (set) => {
    const views = {
      instances: HISTORY.reduce<InstanceView | null>(evolveInstanceView, null),
      upgrades: HISTORY.reduce<UpgradeView | null>(evolveUpgradeView, null),
      timeline: timelineEntry(null, HISTORY[0]!),
    };
    const view = views[set.table as keyof typeof views];
    const row = (set.toRow as (view: unknown) => object)(view);
    expect(Object.keys(row).sort()).toEqual(Object.keys(set.columns).sort());
  },
);
