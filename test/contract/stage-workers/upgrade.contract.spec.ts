import { eventually } from '../../support/eventually';
import { StageStand } from './stage-stand';

jest.setTimeout(60_000);

const INTENT = ['UpgradeStarted', 'DeploymentRequested'];
const FIELD = 'deployEnvironmentLatest';

describe('upgrade alone', () => {
  let stand: StageStand;

  beforeAll(async () => {
    stand = await StageStand.start('upgrade');
  });
  afterAll(() => stand.stop());

  it('writes the intent, calls Lagoon once, records the build', async () => {
    const upgrade = await stand.open('UpgradePending');
    await stand.deliver(upgrade);
    const { requests, buildsByBulkName, calls } = await stand.lagoon.ledger();
    const [buildName] = buildsByBulkName[upgrade.marker] ?? [];
    const { upgradeId } = upgrade.order;
    const events = await upgrade.appended();
    expect(events).toMatchObject([
      { type: 'UpgradeStarted', data: { upgradeId, attempt: 1 } },
      { type: 'DeploymentRequested', data: { callNo: 1, marker: upgrade.marker } },
      { type: 'DeploymentAccepted', data: { buildName, callNo: 1, workOrder: { upgradeId } } },
    ]);
    expect(requests).toEqual({ 'mutation DeployLatest': 1 });
    expect(calls[0]?.variables).toMatchObject({
      input: { bulkName: upgrade.marker, returnData: true },
    });
    await stand.deliver(upgrade);
    await stand.deliver(upgrade);
    expect(await upgrade.appended()).toEqual(events);
    expect(await stand.lagoon.requests()).toEqual({ 'mutation DeployLatest': 1 });
  });

  it('calls once when the same message comes several times at once', async () => {
    const upgrade = await stand.open('UpgradePending');
    await Promise.all(Array.from({ length: 8 }, () => stand.deliver(upgrade)));
    const { buildsByBulkName, requests } = await stand.lagoon.ledger();
    expect(buildsByBulkName[upgrade.marker]).toHaveLength(1);
    expect(requests['mutation DeployLatest']).toBe(1);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });

  it('builds the named ref', async () => {
    const order = { strategy: 'branch-ref', target: { ref: 'v2.1.0' } } as const;
    const upgrade = await stand.open('UpgradePending', { order });
    await stand.deliver(upgrade);
    const { calls } = await stand.lagoon.ledger();
    expect(calls).toMatchObject([
      {
        operation: 'mutation DeployBranch',
        variables: { input: { branchName: 'main', branchRef: 'v2.1.0' } },
      },
    ]);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });

  it('ends in a failure when Lagoon refuses', async () => {
    const upgrade = await stand.open('UpgradePending');
    await stand.lagoon.plan({ kind: 'refuse', field: FIELD });
    await stand.deliver(upgrade);
    expect((await upgrade.appended()).at(-1)).toMatchObject({
      type: 'UpgradeFailed',
      data: { reason: 'deployment-refused', evidence: { cause: 'permission' } },
    });
    await stand.deliver(upgrade);
    expect(await stand.lagoon.requests()).toEqual({ 'mutation DeployLatest': 1 });
  });

  it.each(['lose-answer', 'gateway-timeout'] as const)(
    'finds the build again after %s, without a second call',
    async (kind) => {
      const upgrade = await stand.open('UpgradePending');
      await stand.lagoon.plan({ kind, field: FIELD });
      await stand.deliver(upgrade);
      expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
      expect(await stand.lagoon.requests()).toEqual({
        'mutation DeployLatest': 1,
        'query DeploymentsOf': 1,
      });
    },
  );

  it('calls a second time only after proof that the first did not land', async () => {
    const upgrade = await stand.open('UpgradePending');
    await stand.lagoon.plan({ kind: 'lose-request', field: FIELD });
    await stand.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type: 'UpgradeStarted' },
      { type: 'DeploymentRequested', data: { callNo: 1 } },
      { type: 'CallNotLanded', data: { callNo: 1 } },
      { type: 'DeploymentRequested', data: { callNo: 2, marker: upgrade.marker } },
      { type: 'DeploymentAccepted', data: { callNo: 2 } },
    ]);
    const { requests, buildsByBulkName } = await stand.lagoon.ledger();
    expect(requests['mutation DeployLatest']).toBe(2);
    expect(requests['query DeploymentsOf']).toBeGreaterThan(1);
    expect(buildsByBulkName[upgrade.marker]).toHaveLength(1);
  });

  it('leaves it to a person after two calls that did not land', async () => {
    const upgrade = await stand.open('UpgradePending');
    await stand.lagoon.plan({ kind: 'lose-request', field: FIELD, times: 2 });
    await stand.deliver(upgrade);
    expect((await upgrade.types()).slice(4)).toEqual([
      'CallNotLanded',
      'OutcomeUnknown',
      'UpgradeFailed',
    ]);
    expect((await stand.lagoon.requests())['mutation DeployLatest']).toBe(2);
  });

  it('finds the build of a predecessor that was killed in the middle of its call', async () => {
    const upgrade = await stand.open('UpgradePending');
    await stand.lagoon.plan({ kind: 'slow', field: FIELD, delayMs: 60_000 });
    const published = await stand.bus.publish(upgrade.opening);
    await eventually(async () =>
      expect((await stand.lagoon.ledger()).buildsByBulkName).toHaveProperty([upgrade.marker]),
    );
    await stand.killStage();
    await stand.restartStage();
    await stand.bus.settled(published);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(await stand.lagoon.requests()).toEqual({
      'mutation DeployLatest': 1,
      'query DeploymentsOf': 1,
    });
  });

  it('outlives garbage on its subject', async () => {
    const upgrade = await stand.open('UpgradePending');
    await stand.bus.settled(await stand.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    expect(await stand.lagoon.requests()).toEqual({});
    await stand.deliver(upgrade);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });
});
