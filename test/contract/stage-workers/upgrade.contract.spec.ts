import { PROFILE } from '../../../apps/stage-workers/src/testing/example-upgrade';
import { eventually } from '../../support/eventually';
import { StageHarness } from './stage-harness';

const INTENT = ['UpgradeStarted', 'DeploymentRequested'];
const FIELD = 'deployEnvironmentLatest';

describe('upgrade alone', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('upgrade');
  });
  afterAll(() => harness.stop());

  it('writes the intent, calls Lagoon once, records the build', async () => {
    const upgrade = await harness.open('UpgradePending');
    await harness.deliver(upgrade);
    const { requests, buildsByBulkName, calls } = await harness.lagoon.ledger();
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
    await harness.deliver(upgrade);
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toEqual(events);
    expect(await harness.lagoon.requests()).toEqual({ 'mutation DeployLatest': 1 });
  });

  it('calls once when the same message comes several times at once', async () => {
    const upgrade = await harness.open('UpgradePending');
    await Promise.all(Array.from({ length: 8 }, () => harness.deliver(upgrade)));
    const { buildsByBulkName, requests } = await harness.lagoon.ledger();
    expect(buildsByBulkName[upgrade.marker]).toHaveLength(1);
    expect(requests['mutation DeployLatest']).toBe(1);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });

  it('builds the named ref', async () => {
    const order = { strategy: 'branch-ref', target: { ref: 'v2.1.0' } } as const;
    const upgrade = await harness.open('UpgradePending', { order });
    await harness.deliver(upgrade);
    const { calls } = await harness.lagoon.ledger();
    expect(calls).toMatchObject([
      {
        operation: 'mutation DeployBranch',
        variables: { input: { branchName: 'main', branchRef: 'v2.1.0' } },
      },
    ]);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });

  it('names the branch, also where the environment has its name as a host name may', async () => {
    const order = {
      strategy: 'branch-ref',
      target: { ref: 'v2.1.0' },
      profile: { ...PROFILE, environment: 'feature-x' },
    } as const;
    const traits = { deployBaseRef: 'Feature/X' };
    const upgrade = await harness.open('UpgradePending', { order, traits });
    await harness.deliver(upgrade);
    const { calls, buildsByBulkName } = await harness.lagoon.ledger();
    expect(calls).toMatchObject([{ variables: { input: { branchName: 'Feature/X' } } }]);
    expect(buildsByBulkName[upgrade.marker]).toHaveLength(1);
  });

  it('ends in a failure when Lagoon refuses', async () => {
    const upgrade = await harness.open('UpgradePending');
    const message = 'Deployments have been disabled for this project';
    await harness.lagoon.plan({ kind: 'refuse', field: FIELD, message });
    await harness.deliver(upgrade);
    expect((await upgrade.appended()).at(-1)).toMatchObject({
      type: 'UpgradeFailed',
      data: { reason: 'deployment-refused', evidence: { cause: 'disabled', detail: message } },
    });
    await harness.deliver(upgrade);
    expect(await harness.lagoon.requests()).toEqual({ 'mutation DeployLatest': 1 });
  });

  it('believes a missing permission of a production environment at the third try', async () => {
    const traits = { environmentType: 'production', mayDeploy: false } as const;
    const upgrade = await harness.open('UpgradePending', { traits });
    await harness.deliver(upgrade);
    expect((await upgrade.types()).filter((type) => type === 'CallRefused')).toHaveLength(3);
    expect((await upgrade.appended()).at(-1)).toMatchObject({
      type: 'UpgradeFailed',
      data: {
        reason: 'deployment-refused',
        evidence: {
          cause: 'permission',
          detail: expect.stringContaining('deploy:production') as string,
        },
        retryable: true,
      },
    });
    expect(await harness.lagoon.requests()).toEqual({ 'mutation DeployLatest': 3 });
  });

  it('builds nothing twice when a call lands after its answer was given up', async () => {
    const upgrade = await harness.open('UpgradePending');
    await harness.lagoon.plan({ kind: 'land-late', field: FIELD, landMs: 60 });
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual([...INTENT, 'CallAmbiguous', 'DeploymentAccepted']);
    expect((await harness.lagoon.ledger()).buildsByBulkName[upgrade.marker]).toHaveLength(1);
  });

  it.each([
    [
      'promotes',
      { strategy: 'promote', target: { sourceEnvironment: 'main' } },
      'mutation DeployPromote',
    ],
    ['rolls out what is set', { strategy: 'variables', target: null }, 'mutation DeployLatest'],
  ] as const)('%s where the strategy says so', async (_words, order, operation) => {
    const upgrade = await harness.open('UpgradePending', { order });
    await harness.deliver(upgrade);
    expect(await harness.lagoon.requests()).toEqual({ [operation]: 1 });
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });

  it('writes only the variables that differ, and deploys nothing but variables', async () => {
    const variables = [{ name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' }] as const;
    const order = { strategy: 'variables', target: { variables } } as const;
    const first = await harness.open('UpgradePending', { order });
    await harness.deliver(first);
    await harness.deliver(first);
    expect(await first.appended()).toMatchObject([
      { type: 'VariablesRequested', data: { names: ['FEATURE_X'] } },
      { type: 'VariablesSet', data: { written: ['FEATURE_X'], unchanged: [] } },
      { type: 'UpgradeStarted' },
      { type: 'DeploymentRequested' },
      {
        type: 'DeploymentAccepted',
        data: { buildName: expect.stringMatching(/^lagoon-variables-/) as string },
      },
    ]);
    expect(await harness.lagoon.requests()).toMatchObject({ 'mutation SetVariable': 1 });
  });

  it('runs a script in the place of a build', async () => {
    const script = { service: 'cli', command: 'migrate' };
    const order = { strategy: 'script', target: { script } } as const;
    const upgrade = await harness.open('UpgradePending', { order });
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual([
      'UpgradeStarted',
      'ScriptRequested',
      'ScriptAccepted',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
    const { tasksByName } = await harness.lagoon.ledger();
    expect(tasksByName[`${upgrade.marker}-script`]).toHaveLength(1);
  });

  it('gives the builds of a wave one bulk id, by the branch where "latest" may not', async () => {
    const upgrade = await harness.open('UpgradePending', { order: { waveId: 'wave-1' } });
    await harness.deliver(upgrade);
    const { calls } = await harness.lagoon.ledger();
    expect(calls).toMatchObject([
      {
        operation: 'mutation DeployBranch',
        variables: { input: { bulkId: 'uplift-wave-1', bulkName: upgrade.marker } },
      },
    ]);
    expect((await upgrade.appended()).at(-1)).toMatchObject({
      type: 'DeploymentAccepted',
      data: { bulkId: 'uplift-wave-1' },
    });
  });

  it.each(['lose-answer', 'gateway-timeout'] as const)(
    'finds the build again after %s, without a second call',
    async (kind) => {
      const upgrade = await harness.open('UpgradePending');
      await harness.lagoon.plan({ kind, field: FIELD });
      await harness.deliver(upgrade);
      expect(await upgrade.types()).toEqual([...INTENT, 'CallAmbiguous', 'DeploymentAccepted']);
      expect(await harness.lagoon.requests()).toEqual({
        'mutation DeployLatest': 1,
        'query DeploymentsOf': 1,
      });
    },
  );

  it('calls a second time only after proof that the first did not land', async () => {
    const upgrade = await harness.open('UpgradePending');
    await harness.lagoon.plan({ kind: 'lose-request', field: FIELD });
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type: 'UpgradeStarted' },
      { type: 'DeploymentRequested', data: { callNo: 1 } },
      { type: 'CallAmbiguous', data: { callNo: 1 } },
      { type: 'CallNotLanded', data: { callNo: 1 } },
      { type: 'DeploymentRequested', data: { callNo: 2, marker: upgrade.marker } },
      { type: 'DeploymentAccepted', data: { callNo: 2 } },
    ]);
    const { requests, buildsByBulkName } = await harness.lagoon.ledger();
    expect(requests['mutation DeployLatest']).toBe(2);
    expect(requests['query DeploymentsOf']).toBeGreaterThan(1);
    expect(buildsByBulkName[upgrade.marker]).toHaveLength(1);
  });

  it('leaves it to a person after two calls that did not land', async () => {
    const upgrade = await harness.open('UpgradePending');
    await harness.lagoon.plan({ kind: 'lose-request', field: FIELD, times: 2 });
    await harness.deliver(upgrade);
    expect((await upgrade.types()).slice(5)).toEqual([
      'CallAmbiguous',
      'CallNotLanded',
      'OutcomeUnknown',
      'UpgradeFailed',
    ]);
    expect((await harness.lagoon.requests())['mutation DeployLatest']).toBe(2);
  });

  it('finds the build of a predecessor that was killed in the middle of its call', async () => {
    const upgrade = await harness.open('UpgradePending');
    await harness.lagoon.plan({ kind: 'slow', field: FIELD, delayMs: 60_000 });
    const published = await harness.bus.publish(upgrade.opening);
    await eventually(async () =>
      expect((await harness.lagoon.ledger()).buildsByBulkName).toHaveProperty([upgrade.marker]),
    );
    await harness.killStage();
    await harness.restartStage();
    await harness.bus.settled(published);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(await harness.lagoon.requests()).toEqual({
      'mutation DeployLatest': 1,
      'query DeploymentsOf': 1,
    });
  });

  it('outlives garbage on its subject', async () => {
    const upgrade = await harness.open('UpgradePending');
    await harness.bus.settled(await harness.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    expect(await harness.lagoon.requests()).toEqual({});
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });
});
