import { evolveInstanceView, timelineEntry } from '@uplift/domain';
import { event, recorded } from '@uplift/domain/testing';
import { INSTANCES, TIMELINE } from '../read-model/read-model.tables';
import { cursorAfter, readCursor } from './cursor';

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
