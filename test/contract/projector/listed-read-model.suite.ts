import type {
  ReadModel,
  ReadModelChanges,
} from '../../../apps/projector/src/read-model/read-model.port';
import { INSTANCES, UPGRADES } from '../../../apps/projector/src/read-model/read-model.tables';
import type { DatabaseUnderTest } from './read-model.suite';
import { changesAt, instanceNo, upgradeNo } from './read-model.suite';

/** In which order lists come, and from when until when, whatever the database is. */
export function listedReadModelSuite(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`lists of the read model in ${name}`, () => {
    let readModel: ReadModel;

    beforeEach(async () => {
      readModel = (await open()).connect();
    });

    afterEach(() => readModel.close());

    const commit = async (rows: Partial<ReadModelChanges>) =>
      readModel.commit(await readModel.checkpoint(), changesAt(100n, rows));

    it('lists in the order asked for, page by page, and rows that are equal in it by their key', async () => {
      const named = (n: number, project: string) => instanceNo(n, { project });
      await commit({
        instances: [
          named(1, 'ärger'),
          named(2, 'b'),
          named(3, 'b'),
          named(4, 'Zoo'),
          named(5, 'a'),
        ],
      });
      const page = (sort: string, after?: readonly unknown[]) =>
        readModel.read(async (snapshot) => {
          const order = INSTANCES.orderBy(sort);
          const rows = await snapshot.page(INSTANCES, { where: {}, order, after, limit: 3 });
          return rows.map(({ instanceId }) => instanceId);
        });
      expect(await page('project')).toEqual(['instance-4', 'instance-5', 'instance-2']);
      expect(await page('project', ['b', 'instance-2'])).toEqual(['instance-3', 'instance-1']);
      expect(await page('-project')).toEqual(['instance-1', 'instance-3', 'instance-2']);
      expect(await page('-project', ['b', 'instance-2'])).toEqual(['instance-5', 'instance-4']);
    });

    it('lists what has not ended behind all that has, or before it', async () => {
      const upgrades = [upgradeNo(1, 3), upgradeNo(2, null), upgradeNo(3, 1), upgradeNo(4, null)];
      await commit({ upgrades });
      const page = (sort: string, after?: readonly unknown[]) =>
        readModel.read(async (snapshot) => {
          const order = UPGRADES.orderBy(sort);
          const rows = await snapshot.page(UPGRADES, { where: {}, order, after, limit: 2 });
          return rows.map(({ upgradeId }) => upgradeId);
        });
      const { endedAt } = upgradeNo(1, 3);
      expect(await page('endedAt')).toEqual(['upgrade-1', 'upgrade-3']);
      expect(await page('endedAt', [endedAt, 'upgrade-1'])).toEqual(['upgrade-3', 'upgrade-2']);
      expect(await page('endedAt', [null, 'upgrade-2'])).toEqual(['upgrade-4']);
      expect(await page('-endedAt')).toEqual(['upgrade-4', 'upgrade-2']);
      expect(await page('-endedAt', [null, 'upgrade-2'])).toEqual(['upgrade-3', 'upgrade-1']);
    });

    it('lists what lies between two times, the first of them included', async () => {
      await commit({ upgrades: [1, 2, 3].map((n) => upgradeNo(n, 1)) });
      const [from, before] = [upgradeNo(2, 1).requestedAt, upgradeNo(3, 1).requestedAt];
      const listed = (times: { readonly from?: number; readonly before?: number }) =>
        readModel.read(async (snapshot) => {
          const within = { field: 'requestedAt', ...times };
          const rows = await snapshot.page(UPGRADES, { where: {}, within, limit: 9 });
          return rows.map(({ upgradeId }) => upgradeId);
        });
      expect(await listed({ from })).toEqual(['upgrade-3', 'upgrade-2']);
      expect(await listed({ before })).toEqual(['upgrade-2', 'upgrade-1']);
      expect(await listed({ from, before })).toEqual(['upgrade-2']);
      expect(await listed({})).toHaveLength(3);
    });
  });
}
