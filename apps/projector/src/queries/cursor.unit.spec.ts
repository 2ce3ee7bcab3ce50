import { evolveInstanceView, timelineEntry } from '@uplift/domain';
import { event, recorded } from '@uplift/domain/testing';
import { INSTANCES, TIMELINE } from '../read-model/read-model.tables';
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
  ['text no table holds', encoded([AT, 'i\0d'])],
  ['too much', encoded([AT, 'id', 'more'])],
])('%s is refused', (_, cursor) => {
  expect(() => readCursor(INSTANCES, cursor)).toThrow('nextCursor of an earlier page');
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
  const ROW = bytesOf(INSTANCES.show(VIEWS[0]!));
  const idsOf = (items: readonly { readonly instanceId: string }[]) =>
    items.map(({ instanceId }) => instanceId);

  test('holds all that was asked for where that fits', () => {
    const { items, nextCursor } = toPage(INSTANCES, VIEWS, { limit: 5, maxBytes: 6 * ROW });
    expect(items).toHaveLength(5);
    expect(nextCursor).toBe(cursorAfter(INSTANCES, VIEWS[4]!));
  });

  test('ends before the first row that no longer fits, and the next one goes on there', () => {
    const bounds = { limit: 6, maxBytes: 3 * ROW + 4 };
    const { items, nextCursor } = toPage(INSTANCES, VIEWS, bounds);
    expect(bytesOf(items)).toBeLessThanOrEqual(bounds.maxBytes);
    expect(idsOf(items)).toEqual(['instance-0', 'instance-1', 'instance-2']);
    expect(nextCursor).toBe(cursorAfter(INSTANCES, VIEWS[2]!));
    const rest = toPage(INSTANCES, VIEWS.slice(3), bounds);
    expect(idsOf(rest.items)).toEqual(['instance-3', 'instance-4', 'instance-5']);
    expect(rest.nextCursor).toBeNull();
  });

  test('says which row fits no page', () => {
    expect(() => toPage(INSTANCES, VIEWS, { limit: 5, maxBytes: ROW })).toThrow(
      `instanceId instance-0 alone has ${ROW} bytes`,
    );
  });

  test('may be empty', () => {
    const page = toPage(INSTANCES, [], { limit: 5, maxBytes: 1 });
    expect(page).toEqual({ items: [], nextCursor: null });
  });
});
