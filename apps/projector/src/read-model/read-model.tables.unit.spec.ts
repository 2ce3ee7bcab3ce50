import type { InstanceView, UpgradeView } from '@uplift/domain';
import { evolveInstanceView, evolveUpgradeView, timelineEntry } from '@uplift/domain';
import { event, WHOLE_UPGRADE, recorded } from '@uplift/domain/testing';
import { INSTANCES, TABLES, TIMELINE, UPGRADES } from './read-model.tables';
import type { Table, TableShape } from './table';

const HISTORY = recorded([
  ...WHOLE_UPGRADE.slice(0, 5),
  event('WaitingFor'),
  ...WHOLE_UPGRADE.slice(5),
]);
const ENTRY = timelineEntry(null, HISTORY[0]!);

const instanceAfter = (count: number) =>
  HISTORY.slice(0, count).reduce<InstanceView | null>(evolveInstanceView, null)!;
const upgradeAfter = (count: number) =>
  HISTORY.slice(0, count).reduce<UpgradeView | null>(evolveUpgradeView, null)!;

/** The row as the driver gives it back: times are dates. */
function readBack<View>(table: Table<View>, view: View): View {
  const row = table.toJson(view);
  const read = table.columns.map(({ field, name, type }) => [
    name,
    type === 'timestamptz' && row[field] !== null ? new Date(row[field] as string) : row[field],
  ]);
  return table.toView(Object.fromEntries(read) as Record<string, unknown>);
}

test.each(HISTORY.map((_, n) => n + 1))('after %d events row and view are the same', (count) => {
  const view = instanceAfter(count);
  expect(readBack(INSTANCES, view)).toEqual(view);
});

test.each(HISTORY.slice(1).map((_, n) => n + 2))(
  'after %d events the upgrade row gives back the upgrade',
  (count) => {
    const view = upgradeAfter(count);
    expect(readBack(UPGRADES, view)).toEqual(view);
  },
);

test('a timeline row gives back its entry', () => {
  expect(readBack(TIMELINE, ENTRY)).toEqual(ENTRY);
});

test.each<[TableShape, Readonly<Record<string, unknown>>]>([
  [INSTANCES, INSTANCES.toJson(instanceAfter(HISTORY.length))],
  [UPGRADES, UPGRADES.toJson(upgradeAfter(HISTORY.length))],
  [TIMELINE, TIMELINE.toJson(ENTRY)],
])('$name: a row fills every column', ({ columns }, row) => {
  expect(columns.map(({ field }) => row[field])).not.toContain(undefined);
});

test('columns are named after their fields', () => {
  expect(UPGRADES.column('buildName').name).toBe('build_name');
  expect(() => INSTANCES.column('statusLabel')).toThrow('not stored');
});

test('answers show times as RFC 3339, and stages as a list in the order of the path', () => {
  const shown = UPGRADES.show(upgradeAfter(HISTORY.length));
  expect(shown.requestedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(shown.stages.map(({ stage }) => stage)).toEqual([
    'pre-upgrade',
    'upgrade',
    'post-upgrade',
    'verify',
  ]);
  expect(INSTANCES.show(instanceAfter(1)).statusLabel).toBe('Running healthy (claimed)');
});

test('a list is filtered by those members of its query that are columns', () => {
  const filters = ['status', 'project', 'app', 'core'] as const;
  expect(INSTANCES.filters).toEqual(expect.arrayContaining([...filters]));
  expect(INSTANCES.filters).not.toContain('limit');
  expect(INSTANCES.filterOf({ project: 'shop' })).toEqual({ project: 'shop' });
});

test('each table has its own name', () => {
  expect(TABLES.map(({ name }) => name)).toEqual([
    'instances',
    'upgrades',
    'timeline',
    'switches',
    'findings',
  ]);
});
