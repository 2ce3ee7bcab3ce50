import { RowCache } from './known-rows';

test('over its limit it forgets what was not written for the longest time', () => {
  const cache = new RowCache<number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('a', 3);
  cache.set('c', 4);
  cache.trim();
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([3, undefined, 4]);
});

test('within its limit it keeps everything until it is cleared', () => {
  const cache = new RowCache<number>(2);
  cache.set('a', 1);
  cache.trim();
  expect(cache.has('a')).toBe(true);
  cache.clear();
  expect(cache.has('a')).toBe(false);
});
