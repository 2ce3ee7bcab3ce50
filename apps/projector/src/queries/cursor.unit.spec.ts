import { decodeCursor, encodeCursor, isAgeKey, isRevisionKey } from './cursor';

test('a cursor gives back its key', () => {
  const key = ['2026-03-01T10:00:00.000Z', '0b1c6c0e-0000-4000-8000-00000000000a'] as const;
  expect(decodeCursor(encodeCursor(key), isAgeKey)).toEqual(key);
  expect(decodeCursor(encodeCursor([12]), isRevisionKey)).toEqual([12]);
});

test.each([
  ['no JSON at all', '%%%'],
  ['the key of another list', encodeCursor([12])],
  ['a time that is none', encodeCursor(['now()', 'id'])],
  ['too much', encodeCursor(['2026-03-01T10:00:00.000Z', 'id', 'more'])],
])('%s is refused', (_, cursor) => {
  expect(() => decodeCursor(cursor, isAgeKey)).toThrow('nextCursor of an earlier page');
});

test.each([encodeCursor([1.5]), encodeCursor(['1']), encodeCursor([])])(
  '%s is no place in a timeline',
  (cursor) => {
    expect(() => decodeCursor(cursor, isRevisionKey)).toThrow('nextCursor');
  },
);
