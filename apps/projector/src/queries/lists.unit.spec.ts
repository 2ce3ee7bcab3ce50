import type { Query } from '@uplift/contracts';
import type { InstanceView, UpgradeView } from '@uplift/domain';
import { evolveInstanceView, evolveUpgradeView } from '@uplift/domain';
import { event, HISTORY_INTO, recorded, WHOLE_UPGRADE } from '@uplift/domain/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { InMemoryReadModel } from '../testing/in-memory.read-model';
import { instancePage, stats, upgradePage } from './read-model-queries';

const MINUTE = 60_000;
const MOST = 1_000_000;
const SUCCEEDED = recorded(WHOLE_UPGRADE);
const FAILED = recorded([
  ...HISTORY_INTO['upgrade-running'],
  event('UpgradeFailed', { reason: 'deployment-failed' }),
]);

type History = typeof SUCCEEDED;
const instanceOf = (history: History) =>
  history.reduce<InstanceView | null>(evolveInstanceView, null)!;
const upgradeOf = (history: History) =>
  history.reduce<UpgradeView | null>(evolveUpgradeView, null)!;
const FIRST = upgradeOf(SUCCEEDED).requestedAt;

const named = (n: number, fields: Partial<InstanceView>, history: History): InstanceView => ({
  ...instanceOf(history),
  ...{ instanceId: `i-${n}`, lastUpgradeId: `u-${n}`, environment: `e-${n}` },
  ...fields,
});
const upgradeNo = (n: number, instanceId: string, history: History): UpgradeView => ({
  ...upgradeOf(history),
  ...{ upgradeId: `u-${n}`, instanceId, requestedAt: FIRST + n * MINUTE },
});

/** u-0 of i-1 failed and was followed by u-1, which succeeded; u-2 of i-2 failed. */
const INSTANCES = [
  named(1, { app: 'shop', project: 'berlin' }, SUCCEEDED),
  named(2, { app: 'wiki', project: 'paris' }, FAILED),
];
const UPGRADES = [
  upgradeNo(0, 'i-1', FAILED),
  upgradeNo(1, 'i-1', SUCCEEDED),
  upgradeNo(2, 'i-2', FAILED),
];

let readModel: InMemoryReadModel;

beforeEach(async () => {
  readModel = new InMemoryReadModel(new VirtualClock());
  await readModel.commit(await readModel.checkpoint(), {
    ...{ instances: INSTANCES, upgrades: UPGRADES, timeline: [], switches: [], findings: [] },
    events: 1,
    last: {
      ...{ id: 'e', hash: 'h', stream: 'instance-i-1', revision: 0, position: 9n },
      recordedAt: '2026-03-01T10:00:00.000Z',
    },
  });
});

const upgrades = (query: Query<'upgradeList'>) =>
  readModel.read((snapshot) => upgradePage(snapshot, query, MOST));
const time = (n: number) => new Date(FIRST + n * MINUTE).toISOString();

describe('the list of upgrades', () => {
  it.each<[Query<'upgradeList'>, readonly string[]]>([
    [{}, ['u-2', 'u-1', 'u-0']],
    [{ outcome: 'failed' }, ['u-2', 'u-0']],
    [{ outcome: 'failed', app: 'shop' }, ['u-0']],
    [{ reasonClass: 'build' }, ['u-2', 'u-0']],
    [{ reasonClass: 'health' }, []],
    [{ status: 'upgrade-failed' }, ['u-2']],
    [{ outcome: 'failed', status: 'running-healthy-claimed' }, ['u-0']],
    [{ instanceId: 'i-1' }, ['u-1', 'u-0']],
    [{ project: 'paris', environment: 'e-2' }, ['u-2']],
    [{ since: time(1) }, ['u-2', 'u-1']],
    [{ until: time(1) }, ['u-0']],
    [{ since: time(1), until: time(2) }, ['u-1']],
    [{ sort: 'requestedAt' }, ['u-0', 'u-1', 'u-2']],
    [{ sort: '-endedAt', instanceId: 'i-1' }, ['u-1', 'u-0']],
  ])('%j holds %j', async (query, ids) => {
    const { items, nextCursor } = await upgrades(query);
    expect(items.map(({ upgradeId }) => upgradeId)).toEqual(ids);
    expect(nextCursor).toBeNull();
  });

  it('shows each with its instance, and what is possible with the last one of it alone', async () => {
    const { items } = await upgrades({ sort: 'requestedAt' });
    expect(items).toMatchObject([
      {
        ...{ upgradeId: 'u-0', outcome: 'failed', failure: { reasonClass: 'build' } },
        ...{ app: 'shop', project: 'berlin', environment: 'e-1' },
        ...{ status: 'running-healthy-claimed', waitingFor: null, allowedCommands: [] },
      },
      { upgradeId: 'u-1', outcome: 'succeeded', failure: null },
      { upgradeId: 'u-2', status: 'upgrade-failed', waitingFor: { target: 'operator' } },
    ]);
    const [, , { allowedCommands }] = items as [unknown, unknown, (typeof items)[number]];
    expect(allowedCommands).toContainEqual(
      expect.objectContaining({ command: 'RetryUpgrade', allowed: true }),
    );
    expect(items[0]).not.toHaveProperty('reasonClass');
  });

  it.each(['requestedAt', '-endedAt'] as const)('goes on by %s, page by page', async (sort) => {
    const whole = await upgrades({ sort });
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof upgrades>> = await upgrades({
        sort,
        limit: 1,
        ...(cursor === '' ? {} : { cursor }),
      });
      seen.push(...page.items.map(({ upgradeId }) => upgradeId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(whole.items.map(({ upgradeId }) => upgradeId));
    expect(seen).toHaveLength(3);
  });
});

describe('the list of instances', () => {
  const instances = async (query: Query<'instanceList'>) => {
    const page = await readModel.read((snapshot) => instancePage(snapshot, query, MOST));
    return page.items.map(({ instanceId }) => instanceId);
  };

  it('finds an instance by the names of its environment', async () => {
    expect(await instances({ project: 'paris', environment: 'e-2' })).toEqual(['i-2']);
    expect(await instances({ project: 'paris', environment: 'e-1' })).toEqual([]);
  });

  it('is sorted as asked for', async () => {
    expect(await instances({ sort: 'project' })).toEqual(['i-1', 'i-2']);
    expect(await instances({ sort: '-app' })).toEqual(['i-2', 'i-1']);
  });
});

describe('statistics', () => {
  it('are of the instances that are named, and of their upgrades', async () => {
    const {
      instances,
      upgrades: counted,
      stages,
    } = await readModel.read((snapshot) => stats(snapshot, { app: 'wiki' }));
    expect(instances).toEqual({ total: 1, byStatus: { 'upgrade-failed': 1 } });
    expect(counted).toMatchObject({ total: 1, byOutcome: { failed: 1, succeeded: 0 } });
    expect(stages.map(({ count }) => count)).toEqual([1, 1, 0, 0]);
  });
});
