import type { HealthProbeTarget } from '@uplift/domain';
import { PROFILE } from '../../../apps/stage-workers/src/testing/example-upgrade';
import type { EnvironmentSpec } from '../../../tools/lagoon-simulator/src';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageHarness } from './stage-harness';

describe('poll-upgrade alone, on the health of an app', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('poll-upgrade');
  });
  afterAll(() => harness.stop());

  it.each(['running-healthy-claimed', 'running-healthy-unclaimed'] as const)(
    'brings it back to %s after three good answers, once',
    async (originStatus) => {
      const upgrade = await harness.open('PostUpgradeCompleted', { order: { originStatus } });
      await harness.deliver(upgrade);
      const events = await upgrade.appended();
      expect(events).toMatchObject([
        {
          type: 'InstanceVerifiedHealthy',
          data: {
            status: originStatus,
            probes: [{ status: 200 }, { status: 200 }, { status: 200 }],
          },
        },
      ]);
      await harness.deliver(upgrade);
      expect(await upgrade.appended()).toEqual(events);
      expect(await harness.lagoon.requests()).toEqual({ 'query FindEnvironment': 1 });
    },
  );

  it.each([
    ['unhealthy', 'InstanceFoundUnhealthy'],
    ['close', 'InstanceFoundUnresponsive'],
  ] as const)('finds an app that answers "%s"', async (health, type) => {
    const upgrade = await harness.open('PostUpgradeCompleted', { traits: { health } });
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type, data: { upgradeId: upgrade.order.upgradeId, retryable: true } },
    ]);
  });

  it.each([
    ['no URL', ['undefined']],
    ['nothing', []],
    ['an address', ['https://10.0.0.1']],
  ])('finds a well app well after Lagoon named %s as its route', async (_what, routes) => {
    const upgrade = await harness.open('PostUpgradeCompleted', {
      traits: { nextRoutes: [routes] },
    });
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual(['InstanceVerifiedHealthy']);
    expect(await harness.lagoon.requests()).toEqual({ 'query FindEnvironment': 2 });
  });

  it("does not verify an ill app at the project's other environment", async () => {
    const upgrade = await harness.open('PostUpgradeCompleted', { traits: { health: 'unhealthy' } });
    const { profile } = upgrade.order;
    const other = { project: profile.project, environment: 'other' };
    const { route } = await harness.lagoon.place(other, {});
    await harness.lagoon.place(profile, { nextRoutes: Array(3).fill([route]) });
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnhealthy',
        data: { evidence: { url: expect.stringMatching(/main/) as string } },
      },
    ]);
  });

  it('says it if no usable route shows up within the window', async () => {
    const upgrade = await harness.open('PostUpgradeCompleted', {
      traits: { routes: ['undefined'] },
    });
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: {
          reason: 'route-missing',
          evidence: { probes: 0, detail: 'undefined: it is not a URL' },
        },
      },
    ]);
    expect((await harness.lagoon.ledger()).healthProbes).toBe(0);
  });

  describe('of an app without a route', () => {
    const open = (healthProbe: Partial<HealthProbeTarget>, traits: Partial<EnvironmentSpec> = {}) =>
      harness.open('PostUpgradeCompleted', {
        order: { profile: { ...PROFILE, healthProbe: { ...PROFILE.healthProbe, ...healthProbe } } },
        traits: { routes: [], ...traits },
      });
    const verdict = async (upgrade: OpenedUpgrade) => {
      await harness.deliver(upgrade);
      expect((await harness.lagoon.ledger()).healthProbes).toBe(0);
      return (await upgrade.appended()).at(-1);
    };

    it('takes it as it is if nothing is to be asked', async () => {
      expect(await verdict(await open({ kind: 'none' }))).toMatchObject({
        type: 'InstanceVerifiedHealthy',
        data: { probes: [], evidence: { healthProbe: 'none' } },
      });
      expect(await harness.lagoon.requests()).toEqual({});
    });

    it.each([
      [false, 'InstanceVerifiedHealthy'],
      [true, 'InstanceFoundUnhealthy'],
    ])('believes a task, once (fails: %j)', async (failTask, type) => {
      const script = { service: 'cli', command: 'worker:selftest' };
      const upgrade = await open({ kind: 'task', script }, { failTask });
      expect(await verdict(upgrade)).toMatchObject({
        type,
        data: { evidence: { healthProbe: 'task' } },
      });
      await harness.deliver(upgrade);
      const { requests, calls } = await harness.lagoon.ledger();
      expect(requests).toMatchObject({ 'mutation AddTask': 1 });
      const added = calls.find(({ operation }) => operation === 'mutation AddTask');
      expect(added?.variables).toMatchObject({
        input: { name: `${upgrade.marker}-verify`, ...script },
      });
    });

    it.each([
      [{}, 'InstanceVerifiedHealthy'],
      [{ stoppedServices: ['cli'] }, 'InstanceFoundUnhealthy'],
    ])("believes Lagoon's own status %j", async (traits, type) => {
      expect(await verdict(await open({ kind: 'lagoon' }, traits))).toMatchObject({
        type,
        data: { evidence: { healthProbe: 'lagoon' } },
      });
    });
  });

  it('wakes an app that sleeps and waits until it answers', async () => {
    const traits = { idleState: 'idled', wakeSeconds: 50 };
    const upgrade = await harness.open('PostUpgradeCompleted', { traits });
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual(['InstanceVerifiedHealthy']);
    expect(await harness.lagoon.requests()).toMatchObject({ 'mutation Unidle': 1 });
  });

  it('outlives garbage on its subject', async () => {
    const upgrade = await harness.open('PostUpgradeCompleted');
    await harness.bus.settled(await harness.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual(['InstanceVerifiedHealthy']);
  });
});
