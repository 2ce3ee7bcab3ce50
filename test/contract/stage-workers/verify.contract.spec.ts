import { StageHarness } from './stage-harness';

jest.setTimeout(60_000);

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
      expect(await harness.lagoon.requests()).toEqual({});
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
