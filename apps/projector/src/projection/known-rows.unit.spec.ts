import type { UpgradeView } from '@uplift/domain';
import { UPGRADES } from '../read-model/read-model.tables';
import type { Table } from '../read-model/table';
import { RowCache } from './known-rows';

const row = (upgradeId: string, revision: number) => ({ upgradeId, revision }) as UpgradeView;

/** A cache over a database that has `a`, and notes what it is asked for. */
function cacheOf(limit: number) {
  const asked: string[] = [];
  const load = <View>(_table: Table<View>, ids: readonly string[]) => {
    asked.push(...ids);
    return Promise.resolve(ids.includes('a') ? ([row('a', 9)] as View[]) : []);
  };
  return { cache: new RowCache({ load }, UPGRADES, limit), asked };
}

test('over its limit it forgets what was not written for the longest time', () => {
  const { cache } = cacheOf(2);
  cache.remember([row('a', 1), row('b', 2), row('a', 3), row('c', 4)]);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([
    row('a', 3),
    undefined,
    row('c', 4),
  ]);
});

test('within its limit it keeps everything until it is cleared', () => {
  const { cache } = cacheOf(2);
  cache.remember([row('a', 1)]);
  expect(cache.get('a')).toBeDefined();
  cache.clear();
  expect(cache.get('a')).toBeUndefined();
});

test('it asks the database only for what it does not hold', async () => {
  const { cache, asked } = cacheOf(2);
  cache.remember([row('b', 1)]);
  await cache.fetch(['b']);
  await cache.fetch(['a', 'b', 'nobody']);
  expect(asked).toEqual(['a', 'nobody']);
  expect(cache.get('a')).toEqual(row('a', 9));
  expect(cache.get('nobody')).toBeUndefined();
});
