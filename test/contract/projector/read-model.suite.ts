import type { InstanceView, TimelineEntry, UpgradeView } from '@uplift/domain';
import { evolveInstanceView, evolveUpgradeView, timelineEntry } from '@uplift/domain';
import { event, recorded, WHOLE_UPGRADE, WORK_ORDER } from '@uplift/domain/testing';
import type {
  Checkpoint,
  ReadModel,
  ReadModelChanges,
} from '../../../apps/projector/src/read-model/read-model.port';
import {
  RebuildRunningError,
  RowsRefusedError,
} from '../../../apps/projector/src/read-model/read-model.port';
import {
  INSTANCES,
  READ_MODEL_VERSION,
  TIMELINE,
  UPGRADES,
} from '../../../apps/projector/src/read-model/read-model.tables';

/** A database for one test. */
export interface DatabaseUnderTest {
  /** Another connection to it, as another process has. */
  connect(): ReadModel;
  /** As its owner drops all tables. */
  drop(): Promise<void>;
  /** As `uplift migrate` does. */
  migrate(): Promise<void>;
}

const HISTORY = recorded([
  ...WHOLE_UPGRADE.slice(0, 5),
  event('WaitingFor'),
  ...WHOLE_UPGRADE.slice(5),
]);
const INSTANCE = HISTORY.reduce<InstanceView | null>(evolveInstanceView, null)!;
const UPGRADE = HISTORY.reduce<UpgradeView | null>(evolveUpgradeView, null)!;
const ENTRIES = HISTORY.map((each) => timelineEntry('new', each));
export const MINUTE = 60_000;
const NO_ROWS = { instances: [], upgrades: [], timeline: [], switches: [], findings: [] };

export const instanceNo = (n: number, fields: Partial<InstanceView> = {}): InstanceView => ({
  ...INSTANCE,
  instanceId: `instance-${n}`,
  registeredAt: INSTANCE.registeredAt + n * MINUTE,
  ...fields,
});
export const entryNo = (revision: number): TimelineEntry => ({ ...ENTRIES[0]!, revision });

/** An upgrade that waited for `seconds`, and then worked for twice as long; or has only begun to wait. */
export function upgradeNo(n: number, seconds: number | null): UpgradeView {
  const queuedAt = UPGRADE.requestedAt + n * MINUTE;
  const startedAt = seconds === null ? null : queuedAt + seconds * 1_000;
  const endedAt = seconds === null ? null : queuedAt + seconds * 3_000;
  return {
    ...UPGRADE,
    upgradeId: `upgrade-${n}`,
    ...{ requestedAt: queuedAt, endedAt },
    outcome: seconds === null ? 'in-flight' : 'succeeded',
    stages: { 'pre-upgrade': { queuedAt, startedAt, endedAt } },
  };
}

export function changesAt(position: bigint, rows: Partial<ReadModelChanges>): ReadModelChanges {
  const last = {
    ...{ id: `event-${position}`, hash: `hash-${position}`, position },
    ...{ stream: 'instance-of-spec', revision: 0 },
    recordedAt: '2026-03-01T10:00:00.000Z',
  };
  return { ...NO_ROWS, events: 1, last, ...rows };
}

/** What the database of the read model promises, whatever it is. */
export function readModelSuite(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`the read model in ${name}`, () => {
    const connections: ReadModel[] = [];
    let database: DatabaseUnderTest;
    let readModel: ReadModel;
    let start: Checkpoint;

    function connect(): ReadModel {
      const connection = database.connect();
      connections.push(connection);
      return connection;
    }

    beforeEach(async () => {
      database = await open();
      readModel = connect();
      start = await readModel.checkpoint();
    });

    afterEach(() => Promise.all(connections.splice(0).map((connection) => connection.close())));

    async function commit(rows: Partial<ReadModelChanges>, position = 100n): Promise<Checkpoint> {
      const from = await readModel.checkpoint();
      const checkpoint = await readModel.commit(from, changesAt(position, rows));
      if (!checkpoint) throw new Error('somebody else has moved the checkpoint');
      return checkpoint;
    }

    const instanceIds = (from: ReadModel) =>
      from.read(async (snapshot) => {
        const rows = await snapshot.page(INSTANCES, { where: {}, limit: 100 });
        return rows.map(({ instanceId }) => instanceId);
      });

    it('is empty at first, and of the version of this build', async () => {
      expect(start).toMatchObject({
        ...{ position: null, events: 0, lastEventAt: null },
        version: READ_MODEL_VERSION,
      });
      expect(await instanceIds(readModel)).toEqual([]);
    });

    it('says what to do about a database that was not migrated, and takes it as soon as it was', async () => {
      await database.drop();
      const message = expect.stringContaining('uplift migrate') as string;
      const told = { code: 'schema-unusable', message };
      await expect(readModel.check()).rejects.toMatchObject(told);
      await expect(readModel.rebuild(() => Promise.resolve())).rejects.toMatchObject(told);
      await expect(readModel.checkpoint()).rejects.toThrow();
      await expect(readModel.read((snapshot) => snapshot.checkpoint())).rejects.toThrow();
      await database.migrate();
      await readModel.check();
      expect(await readModel.checkpoint()).toMatchObject({ position: null });
    });

    it('is migrated once, however many try at once, and keeps what it holds', async () => {
      await commit({ instances: [INSTANCE] });
      await Promise.all([database.migrate(), database.migrate(), database.migrate()]);
      expect(await readModel.load(INSTANCES, [INSTANCE.instanceId])).toEqual([INSTANCE]);
    });

    it('gives back every row as it was written', async () => {
      await commit({ instances: [INSTANCE], upgrades: [UPGRADE], timeline: ENTRIES });
      expect(await readModel.load(INSTANCES, [INSTANCE.instanceId])).toEqual([INSTANCE]);
      expect(await readModel.load(UPGRADES, ['nobody', UPGRADE.upgradeId])).toEqual([UPGRADE]);
      expect(await readModel.load(UPGRADES, ['nobody'])).toEqual([]);
      await readModel.read(async (snapshot) => {
        expect(await snapshot.find(INSTANCES, INSTANCE.instanceId)).toEqual(INSTANCE);
        expect(await snapshot.find(UPGRADES, WORK_ORDER.upgradeId)).toEqual(UPGRADE);
        expect(await snapshot.find(UPGRADES, 'nobody')).toBeUndefined();
        const where = { instanceId: INSTANCE.instanceId };
        expect(await snapshot.page(TIMELINE, { where, limit: 100 })).toEqual(ENTRIES);
      });
    });

    it('replaces a changed row as a whole', async () => {
      await commit({ instances: [INSTANCE] });
      const changed = { ...INSTANCE, labels: {}, claimed: null, project: 'other' };
      await commit({ instances: [changed] }, 200n);
      expect(await readModel.load(INSTANCES, [INSTANCE.instanceId])).toEqual([changed]);
    });

    it('moves the checkpoint with the rows', async () => {
      const moved = await commit({ events: 3 });
      expect(moved).toMatchObject({
        ...{ generation: start.generation, version: start.version },
        ...{ position: 100n, events: 3, lastEventAt: Date.UTC(2026, 2, 1, 10) },
      });
      expect(await commit({ events: 4 }, 200n)).toMatchObject({ position: 200n, events: 7 });
      expect(await connect().checkpoint()).toMatchObject({ position: 200n, events: 7 });
    });

    it('keeps the last event with the checkpoint, how far was looked, and what was accepted', async () => {
      const last = { id: 'event-100', hash: 'hash-100', stream: 'instance-of-spec', revision: 0 };
      const first = await commit({ acceptedStore: 'a@90', seenUpTo: 150n });
      const kept = { lastEvent: last, acceptedStore: 'a@90' };
      expect(first).toMatchObject({ ...kept, seenUpTo: 150n });
      await connect().noteSeen(first, 180n);
      expect(await readModel.checkpoint()).toMatchObject({ ...kept, seenUpTo: 180n });
      const second = await commit({ timeline: [] }, 200n);
      expect(second).toMatchObject({ seenUpTo: 200n, acceptedStore: 'a@90' });
      await readModel.noteSeen(first, 300n);
      expect(await readModel.checkpoint()).toEqual(second);
    });

    it('writes nothing for one who does not know the newest checkpoint', async () => {
      await commit({});
      const late = changesAt(200n, { instances: [INSTANCE] });
      expect(await connect().commit(start, late)).toBeNull();
      expect(await instanceIds(readModel)).toEqual([]);
      expect(await readModel.checkpoint()).toMatchObject({ position: 100n, events: 1 });
    });

    it('lets one of two writers win', async () => {
      const writers = [connect(), connect()];
      const outcomes = await Promise.all(
        writers.map((writer, n) =>
          writer.commit(start, changesAt(100n, { instances: [instanceNo(n)] })),
        ),
      );
      const winner = outcomes.findIndex((outcome) => outcome !== null);
      expect(outcomes.filter((outcome) => outcome !== null)).toHaveLength(1);
      expect(await instanceIds(readModel)).toEqual([`instance-${winner}`]);
    });

    it('refuses a second row for an entry of a timeline, and all that came with it', async () => {
      const { position } = await commit({ timeline: [entryNo(0)] });
      const again = { timeline: [entryNo(1), entryNo(0)], instances: [INSTANCE] };
      await expect(commit(again, 200n)).rejects.toThrow(RowsRefusedError);
      expect(await readModel.checkpoint()).toMatchObject({ position, events: 1 });
      await readModel.read(async (snapshot) => {
        const entries = await snapshot.page(TIMELINE, { where: {}, limit: 10 });
        expect(entries.map(({ revision }) => revision)).toEqual([0]);
        expect(await snapshot.page(INSTANCES, { where: {}, limit: 10 })).toEqual([]);
      });
    });

    it('keeps text that it cannot hold with replacement characters', async () => {
      await commit({ upgrades: [{ ...UPGRADE, reason: 'nul \u0000 half \ud83d whole 😀' }] });
      const [{ reason }] = (await readModel.load(UPGRADES, [UPGRADE.upgradeId])) as [UpgradeView];
      expect(reason).toBe('nul \ufffd half \ufffd whole 😀');
    });

    it('shows a reader one moment, whatever is written meanwhile', async () => {
      await commit({ instances: [instanceNo(1)] });
      await readModel.read(async (snapshot) => {
        const before = await snapshot.checkpoint();
        await connect().commit(before, changesAt(200n, { instances: [instanceNo(2)] }));
        expect(await snapshot.page(INSTANCES, { where: {}, limit: 10 })).toEqual([instanceNo(1)]);
        expect(await snapshot.checkpoint()).toEqual(before);
      });
      expect(await instanceIds(readModel)).toEqual(['instance-2', 'instance-1']);
    });

    it('lists instances newest first, page by page, also those of one moment', async () => {
      const { registeredAt } = instanceNo(2);
      const twins = ['b', 'a'].map((instanceId) => instanceNo(0, { instanceId, registeredAt }));
      await commit({ instances: [instanceNo(1), ...twins, instanceNo(3)] });
      const page = (after?: readonly unknown[]) =>
        readModel.read(async (snapshot) => {
          const rows = await snapshot.page(INSTANCES, { where: {}, after, limit: 2 });
          return rows.map(({ instanceId }) => instanceId);
        });
      expect(await page()).toEqual(['instance-3', 'b']);
      expect(await page([registeredAt, 'b'])).toEqual(['a', 'instance-1']);
      expect(await page([instanceNo(1).registeredAt, 'instance-1'])).toEqual([]);
    });

    it('narrows a list by every value asked for', async () => {
      const berlin = instanceNo(1, { project: 'berlin', app: 'shop' });
      const paris = instanceNo(2, { project: 'paris', app: 'shop' });
      await commit({ instances: [berlin, paris, instanceNo(3)] });
      const listed = (where: Partial<InstanceView>) =>
        readModel.read((snapshot) => snapshot.page(INSTANCES, { where, limit: 10 }));
      expect(await listed({ app: 'shop' })).toEqual([paris, berlin]);
      expect(await listed({ app: 'shop', project: 'berlin' })).toEqual([berlin]);
      expect(await listed({ app: 'shop', status: 'new' })).toEqual([]);
    });

    it('lists a timeline oldest first, of one instance only', async () => {
      const other = { ...entryNo(0), instanceId: 'other' };
      await commit({ timeline: [entryNo(2), entryNo(0), other, entryNo(10), entryNo(1)] });
      const where = { instanceId: INSTANCE.instanceId };
      const entries = await readModel.read((snapshot) =>
        snapshot.page(TIMELINE, { where, after: [0], limit: 10 }),
      );
      expect(entries.map(({ revision }) => revision)).toEqual([1, 2, 10]);
    });

    it('counts rows by value', async () => {
      await commit({ instances: [instanceNo(1), instanceNo(2), instanceNo(3, { status: 'new' })] });
      await readModel.read(async (snapshot) => {
        expect(await snapshot.countBy(INSTANCES, 'status')).toEqual({
          [INSTANCE.status]: 2,
          new: 1,
        });
        expect(await snapshot.countBy(UPGRADES, 'outcome')).toEqual({});
        const { instanceId } = instanceNo(2);
        expect(await snapshot.countBy(INSTANCES, 'status', { instanceId })).toEqual({
          [INSTANCE.status]: 1,
        });
      });
    });

    it('measures the stages of the newest upgrades', async () => {
      const seconds = [900, 1, 2, 3, 4, 5, null];
      await commit({ upgrades: seconds.map((each, n) => upgradeNo(n, each)) });
      await readModel.read(async (snapshot) => {
        expect(await snapshot.stageStats(6)).toEqual([
          {
            stage: 'pre-upgrade',
            count: 5,
            queuedMs: { p50: 3_000, p95: 5_000 },
            activeMs: { p50: 6_000, p95: 10_000 },
          },
        ]);
        expect(await snapshot.stageStats(1)).toEqual([
          {
            ...{ stage: 'pre-upgrade', count: 0 },
            queuedMs: { p50: null, p95: null },
            activeMs: { p50: null, p95: null },
          },
        ]);
      });
    });

    describe('rebuilt', () => {
      const nowhere = () => Promise.resolve<bigint | null>(null);
      const write = async (to: ReadModel, position: bigint, instance: InstanceView) =>
        to.commit(await to.checkpoint(), changesAt(position, { instances: [instance] }));

      it('shows the new rows at once, and the live ones until then', async () => {
        await commit({ instances: [instanceNo(1)] });
        const answer = await readModel.rebuild(async (fresh, replaceLive) => {
          expect(await fresh.checkpoint()).toMatchObject({ position: null, events: 0 });
          await write(fresh, 100n, instanceNo(2));
          expect(await instanceIds(fresh)).toEqual(['instance-2']);
          expect(await instanceIds(readModel)).toEqual(['instance-1']);
          return replaceLive(nowhere);
        });
        expect(answer).toBe(true);
        expect(await instanceIds(connect())).toEqual(['instance-2']);
      });

      it('takes no write of one who knew the old rows, at the same position or not', async () => {
        const old = await commit({ instances: [instanceNo(1)] });
        await readModel.rebuild(async (fresh, replaceLive) => {
          await write(fresh, 100n, instanceNo(2));
          await replaceLive(nowhere);
        });
        expect(await readModel.commit(old, changesAt(200n, {}))).toBeNull();
        expect((await readModel.checkpoint()).generation).not.toBe(old.generation);
      });

      it('is not put in place while it lacks what live rows reflect and the store has', async () => {
        await commit({ instances: [instanceNo(1)] }, 200n);
        await readModel.rebuild(async (fresh, replaceLive) => {
          await write(fresh, 100n, instanceNo(2));
          expect(await replaceLive(() => Promise.resolve(200n))).toBe(false);
          expect(await instanceIds(readModel)).toEqual(['instance-1']);
          expect(await replaceLive(() => Promise.resolve(100n))).toBe(true);
        });
        expect(await instanceIds(readModel)).toEqual(['instance-2']);
      });

      it('leaves the live rows alone when it fails, and can be begun again', async () => {
        await commit({ instances: [instanceNo(1)] });
        const failing = readModel.rebuild(async (fresh) => {
          await write(fresh, 100n, instanceNo(2));
          throw new Error('broken');
        });
        await expect(failing).rejects.toThrow('broken');
        expect(await instanceIds(readModel)).toEqual(['instance-1']);
        const again = await readModel.rebuild((fresh) => instanceIds(fresh));
        expect(again).toEqual([]);
      });

      it('is done by one at a time', async () => {
        await readModel.rebuild(async () => {
          const second = connect().rebuild(() => Promise.resolve());
          await expect(second).rejects.toThrow(RebuildRunningError);
        });
      });

      it('begins on empty tables after one that broke off', async () => {
        const broken = readModel.rebuild(async (fresh) => {
          await write(fresh, 100n, instanceNo(2));
          throw new Error('broken');
        });
        await expect(broken).rejects.toThrow('broken');
        await readModel.rebuild(async (fresh, replaceLive) => {
          await write(fresh, 100n, instanceNo(3));
          await replaceLive(nowhere);
        });
        expect(await instanceIds(readModel)).toEqual(['instance-3']);
      });
    });
  });
}
