import type { FindingView, Labels } from '@uplift/domain';
import type { ReadModel, Snapshot } from '../../../apps/projector/src/read-model/read-model.port';
import {
  FINDINGS,
  INSTANCES,
  SWITCHES,
  TIMELINE,
  UPGRADES,
} from '../../../apps/projector/src/read-model/read-model.tables';
import type { DatabaseUnderTest } from './read-model.suite';
import { changesAt, entryNo, instanceNo, MINUTE, upgradeNo } from './read-model.suite';

/** What a reader sees who is limited to labels, whatever the database is. */
export function limitedReadModelSuite(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`the read model in ${name}, for a reader who is limited to labels`, () => {
    let readModel: ReadModel;

    afterEach(() => readModel.close());

    const labelled = (n: number, labels: Readonly<Record<string, string>>) =>
      instanceNo(n, { labels });
    const upgradeOf = (n: number) => ({ ...upgradeNo(n, n), instanceId: `instance-${n}` });
    const finding = (findingId: string, subject: string): FindingView => ({
      ...{ findingId, subject, kind: 'broken-chain', detail: 'd', evidence: {}, count: 1 },
      ...{ open: true, firstAt: MINUTE, lastAt: MINUTE },
      ...{ closedAt: null, closedBy: null, closeReason: null },
    });

    beforeEach(async () => {
      const instances = [
        labelled(1, { team: 'payments' }),
        labelled(2, { team: 'payments', region: 'eu' }),
        labelled(3, { team: 'ledger', region: 'eu' }),
        labelled(4, {}),
      ];
      const about = [1, 2, 3, 4];
      readModel = (await open()).connect();
      const rows = {
        instances,
        upgrades: about.map(upgradeOf),
        timeline: about.map((n) => ({ ...entryNo(0), instanceId: `instance-${n}` })),
        findings: [
          ...about.map((n) => finding(`f-${n}`, `instance-instance-${n}`)),
          finding('f-of-all', 'max_bytes'),
          finding('f-like-one', 'instance-1'),
        ],
      };
      await readModel.commit(await readModel.checkpoint(), changesAt(100n, rows));
    });

    const limited = <T>(limits: readonly Labels[], read: (snapshot: Snapshot) => Promise<T>) =>
      readModel.read((snapshot) => read(snapshot.limitedTo(limits)));
    const TEAM = { team: 'payments' };

    it.each<[readonly Labels[], readonly number[]]>([
      [[], [1, 2, 3, 4]],
      [[TEAM], [1, 2]],
      [[{ ...TEAM, region: 'eu' }], [2]],
      [[TEAM, { region: 'eu' }], [2]],
      [[TEAM, { team: 'ledger' }], []],
      [[{ team: 'pay' }], []],
      [[{ team: "' or '1'='1" }], []],
    ])('%j: has nothing but rows about its instances: %j', async (limits, seen) => {
      await limited(limits, async (snapshot) => {
        const all = { where: {}, limit: 100 };
        const instances = await snapshot.page(INSTANCES, all);
        const ids = seen.map((n) => `instance-${n}`);
        expect(instances.map(({ instanceId }) => instanceId)).toEqual(ids.toReversed());
        const upgrades = await snapshot.page(UPGRADES, all);
        expect(upgrades.map(({ instanceId }) => instanceId)).toEqual(ids.toReversed());
        const entries = await snapshot.page(TIMELINE, all);
        expect(entries.map(({ instanceId }) => instanceId).sort()).toEqual(ids);
        const counted = await snapshot.countBy(UPGRADES, 'outcome');
        expect(Object.values(counted).reduce((sum, count) => sum + count, 0)).toBe(seen.length);
        const [stage] = await snapshot.stageStats(100);
        expect(stage?.count ?? 0).toBe(seen.length);
        for (const n of [1, 2, 3, 4]) {
          const found = await snapshot.find(UPGRADES, `upgrade-${n}`);
          expect(found !== undefined).toBe(seen.includes(n));
        }
      });
    });

    it('has, of instances with certain values, rows about those within its limits alone', async () => {
      const instances = [labelled(1, TEAM), labelled(3, {})].map((instance) => ({
        ...instance,
        app: 'wiki',
      }));
      const rows = { instances };
      await readModel.commit(await readModel.checkpoint(), changesAt(200n, rows));
      const seenIn = async (snapshot: Snapshot) => {
        const upgrades = await snapshot.page(UPGRADES, { where: {}, limit: 9 });
        const counted = await snapshot.countBy(INSTANCES, 'app');
        const stages = await snapshot.stageStats(9);
        return [upgrades.map(({ upgradeId }) => upgradeId), counted, stages[0]?.count];
      };
      const wiki = { app: 'wiki' };
      const all = await readModel.read((snapshot) => seenIn(snapshot.ofInstances(wiki)));
      expect(all).toEqual([['upgrade-3', 'upgrade-1'], { wiki: 2 }, 2]);
      const own = [['upgrade-1'], { wiki: 1 }, 1];
      expect(await limited([TEAM], (snapshot) => seenIn(snapshot.ofInstances(wiki)))).toEqual(own);
      const turned = readModel.read((snapshot) =>
        seenIn(snapshot.ofInstances(wiki).limitedTo([TEAM])),
      );
      expect(await turned).toEqual(own);
    });

    it('pages through its own rows, however many of others lie between', async () => {
      const pageAfter = (after?: readonly unknown[]) =>
        limited([TEAM], async (snapshot) => {
          const [row] = await snapshot.page(INSTANCES, { where: {}, after, limit: 1 });
          return row && [row.registeredAt, row.instanceId];
        });
      const first = await pageAfter();
      const second = await pageAfter(first);
      expect([first?.[1], second?.[1]]).toEqual(['instance-2', 'instance-1']);
      expect(await pageAfter(second)).toBeUndefined();
    });

    it('has the findings about streams of its instances alone', async () => {
      const rows = await limited([TEAM], (snapshot) =>
        snapshot.page(FINDINGS, { where: { open: true }, limit: 100 }),
      );
      expect(rows.map(({ findingId }) => findingId)).toEqual(['f-2', 'f-1']);
    });

    it('is shown nothing of a table that is about no instance', async () => {
      const read = limited([TEAM], (snapshot) => snapshot.page(SWITCHES, { where: {}, limit: 1 }));
      await expect(read).rejects.toThrow('Rows of switches are about no instance');
    });
  });
}
