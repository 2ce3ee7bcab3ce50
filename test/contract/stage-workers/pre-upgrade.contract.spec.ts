import { SCRIPTED } from '../../../apps/stage-workers/src/testing/example-upgrade';
import { StageHarness } from './stage-harness';

describe('pre-upgrade alone', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('pre-upgrade');
  });
  afterAll(() => harness.stop());

  it('checks the environment and opens the upgrade, once', async () => {
    const upgrade = await harness.open('UpgradeRequested');
    await harness.deliver(upgrade);
    const events = await upgrade.appended();
    expect(events).toMatchObject([
      { type: 'PreUpgradeStarted', data: { upgradeId: upgrade.order.upgradeId, attempt: 1 } },
      {
        type: 'PreUpgradeCompleted',
        data: {
          checks: [
            { name: 'environment-exists', passed: true },
            { name: 'deployments-enabled', passed: true },
            { name: 'deploy-type-supported', passed: true },
            { name: 'no-active-deployment', passed: true },
          ],
          task: null,
        },
      },
      {
        type: 'UpgradePending',
        data: {
          workOrder: { located: { route: expect.stringMatching(/^http:/) as string } },
        },
      },
    ]);
    expect(await harness.lagoon.requests()).toEqual({ 'query FindEnvironment': 1 });
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toEqual(events);
    expect(await harness.lagoon.requests()).toEqual({ 'query FindEnvironment': 1 });
  });

  it("believes no route that is none of the app's own", async () => {
    const upgrade = await harness.open('UpgradeRequested');
    const { profile } = upgrade.order;
    const other = { project: profile.project, environment: 'other' };
    const { route } = await harness.lagoon.place(other, {});
    await harness.lagoon.place(profile, { nextRoutes: [[route ?? '', 'undefined']] });
    await harness.deliver(upgrade);
    expect((await upgrade.appended()).at(-1)).toMatchObject({
      type: 'UpgradePending',
      data: { workOrder: { located: { route: null } } },
    });
  });

  it('runs the script as one task with the marker', async () => {
    const upgrade = await harness.open('UpgradeRequested', { order: { profile: SCRIPTED } });
    await harness.deliver(upgrade);
    await harness.deliver(upgrade);
    expect((await upgrade.appended())[3]).toMatchObject({
      type: 'PreUpgradeCompleted',
      data: { task: { taskName: expect.stringMatching(/^lagoon-task-/) as string } },
    });
    const { requests, calls } = await harness.lagoon.ledger();
    expect(requests).toMatchObject({ 'query FindEnvironment': 1, 'mutation AddTask': 1 });
    const added = calls.find(({ operation }) => operation === 'mutation AddTask');
    expect(added?.variables).toMatchObject({
      input: { name: `${upgrade.marker}-pre`, service: 'cli', command: 'backup' },
    });
  });

  it.each([
    ['an environment that is gone', { deleted: true }, 'environment-missing', false],
    ['disabled deployments', { deploymentsDisabled: true }, 'deployments-disabled', false],
    ['a pull request by a ref', { deployType: 'pullrequest' }, 'deploy-type-unsupported', false],
    ['a promotion by a ref', { deployType: 'promote' }, 'deploy-type-unsupported', false],
    ['a foreign branch', { deployBaseRef: 'release/2' }, 'deploy-branch-elsewhere', false],
  ] as const)('refuses %s', async (_words, traits, reason, retryable) => {
    const order = { strategy: 'branch-ref', target: { ref: 'v2.1.0' } } as const;
    const upgrade = await harness.open('UpgradeRequested', { order, traits });
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type: 'PreUpgradeStarted' },
      { type: 'PreUpgradeFailed', data: { reason, retryable } },
    ]);
    expect(await harness.lagoon.requests()).toEqual({ 'query FindEnvironment': 1 });
  });

  it('refuses an environment that is being built, for now', async () => {
    const upgrade = await harness.open('UpgradeRequested', { traits: { buildSeconds: 1e9 } });
    const build = await harness.lagoon.build(upgrade.order.profile);
    await harness.deliver(upgrade);
    expect((await upgrade.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'deployment-active', evidence: { detail: build }, retryable: true },
    });
  });

  it('fails with the script', async () => {
    const upgrade = await harness.open('UpgradeRequested', {
      order: { profile: SCRIPTED },
      traits: { failTask: true },
    });
    await harness.deliver(upgrade);
    expect((await upgrade.appended())[3]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'pre-upgrade-script-failed', retryable: true },
    });
  });

  it('outlives garbage on its subject, and an outage of Lagoon', async () => {
    const upgrade = await harness.open('UpgradeRequested');
    await harness.bus.settled(await harness.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    await harness.lagoon.plan({ kind: 'replace', status: 503, times: 2 });
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual([
      'PreUpgradeStarted',
      'PreUpgradeCompleted',
      'UpgradePending',
    ]);
    expect(await harness.lagoon.requests()).toEqual({ 'query FindEnvironment': 3 });
  });
});
