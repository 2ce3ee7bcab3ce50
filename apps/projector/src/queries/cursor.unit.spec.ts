import type { InstanceView } from '@uplift/domain';
import { evolveInstanceView, timelineEntry } from '@uplift/domain';
import { event, recorded } from '@uplift/domain/testing';
import { INSTANCES, TIMELINE, UPGRADES } from '../read-model/read-model.tables';
import { bytesOf, cursorAfter, readCursor, toPage } from './cursor';

const [REGISTERED] = recorded([event('InstanceRegistered')]);
const INSTANCE = evolveInstanceView(null, REGISTERED!);
const ENTRY = timelineEntry(null, REGISTERED!);
const AT = '2026-03-01T10:00:00.000Z';

function encoded(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

test('a cursor gives back its key', () => {
  const { registeredAt, instanceId } = INSTANCE;
  expect(readCursor(INSTANCES, cursorAfter(INSTANCES, INSTANCE))).toEqual([
    registeredAt,
    instanceId,
  ]);
  expect(readCursor(TIMELINE, cursorAfter(TIMELINE, ENTRY))).toEqual([0]);
  expect(readCursor(TIMELINE, undefined)).toBeUndefined();
});

test('a cursor is the text that earlier builds gave out', () => {
  expect(readCursor(INSTANCES, encoded([AT, 'id']))).toEqual([Date.parse(AT), 'id']);
  expect(readCursor(TIMELINE, encoded([12]))).toEqual([12]);
});

test.each([
  ['no JSON at all', '%%%'],
  ['the key of another list', encoded([12])],
  ['a time that is none', encoded(['now()', 'id'])],
  ['a time no table holds', encoded(['+275760-09-13T00:00:00.000Z', 'id'])],
  ['a year no calendar has', encoded(['0000-01-01T00:00:00.000Z', 'id'])],
  ['text no table holds', encoded([AT, 'i\0d'])],
  ['too much', encoded([AT, 'id', 'more'])],
])('%s is refused', (_, cursor) => {
  expect(() => readCursor(INSTANCES, cursor)).toThrow('nextCursor of an earlier page');
});

describe('a cursor of another order', () => {
  const byName = INSTANCES.orderBy('project');
  const byEnd = UPGRADES.orderBy('-endedAt');

  test('holds the fields of that order, and its name', () => {
    const cursor = cursorAfter(INSTANCES, INSTANCE, byName);
    const { project, instanceId } = INSTANCE;
    expect(readCursor(INSTANCES, cursor, byName)).toEqual([project, instanceId]);
    expect(cursor).toBe(encoded([project, instanceId, 'project']));
  });

  test('may be behind what has not ended', () => {
    expect(readCursor(UPGRADES, encoded([null, 'id', '-endedAt']), byEnd)).toEqual([null, 'id']);
  });

  test('is that of the table where the order is', () => {
    const cursor = encoded([AT, 'id']);
    expect(readCursor(INSTANCES, cursor, INSTANCES.orderBy('-registeredAt'))).toHaveLength(2);
  });

  test.each([
    ['the order of the table', encoded([AT, 'id']), '-updatedAt'],
    ['another field', encoded([AT, 'id', '-registeredAt']), '-updatedAt'],
    ['the other direction', encoded([AT, 'id', '-updatedAt']), 'updatedAt'],
    ['a time that is always there', encoded([null, 'id', 'updatedAt']), 'updatedAt'],
  ])('is refused where it is of %s', (_, cursor, sort) => {
    expect(() => readCursor(INSTANCES, cursor, INSTANCES.orderBy(sort))).toThrow(
      'in the same order',
    );
  });
});

test.each([encoded([1.5]), encoded(['1']), encoded([]), encoded([2 ** 31])])(
  '%s is no place in a timeline',
  (cursor) => {
    expect(() => readCursor(TIMELINE, cursor)).toThrow('nextCursor');
  },
);

describe('a page', () => {
  const VIEWS = Array.from({ length: 6 }, (_, n) => ({
    ...INSTANCE,
    instanceId: `instance-${n}`,
    labels: { note: '界'.repeat(200) },
  }));
  const show = (view: InstanceView) => INSTANCES.show(view);
  const ROW = bytesOf(show(VIEWS[0]!));
  const idsOf = (items: readonly { readonly instanceId: string }[]) =>
    items.map(({ instanceId }) => instanceId);

  test('holds all that was asked for where that fits', () => {
    const { items, nextCursor } = toPage(INSTANCES, VIEWS, { limit: 5, maxBytes: 6 * ROW, show });
    expect(items).toHaveLength(5);
    expect(nextCursor).toBe(cursorAfter(INSTANCES, VIEWS[4]!));
  });

  test('ends before the first row that no longer fits, and the next one goes on there', () => {
    const bounds = { limit: 6, maxBytes: 3 * ROW + 4, show };
    const { items, nextCursor } = toPage(INSTANCES, VIEWS, bounds);
    expect(bytesOf(items)).toBeLessThanOrEqual(bounds.maxBytes);
    expect(idsOf(items)).toEqual(['instance-0', 'instance-1', 'instance-2']);
    expect(nextCursor).toBe(cursorAfter(INSTANCES, VIEWS[2]!));
    const rest = toPage(INSTANCES, VIEWS.slice(3), bounds);
    expect(idsOf(rest.items)).toEqual(['instance-3', 'instance-4', 'instance-5']);
    expect(rest.nextCursor).toBeNull();
  });

  test('says which row fits no page', () => {
    expect(() => toPage(INSTANCES, VIEWS, { limit: 5, maxBytes: ROW, show })).toThrow(
      `instanceId instance-0 alone has ${ROW} bytes`,
    );
  });

  test('may be empty', () => {
    const page = toPage(INSTANCES, [], { limit: 5, maxBytes: 1, show });
    expect(page).toEqual({ items: [], nextCursor: null });
  });
});
