import { StageStand } from './stage-stand';

jest.setTimeout(60_000);

describe('poll-upgrade alone, on the health of an app', () => {
  let stand: StageStand;

  beforeAll(async () => {
    stand = await StageStand.start('poll-upgrade');
  });
  afterAll(() => stand.stop());

  it.each(['running-healthy-claimed', 'running-healthy-unclaimed'] as const)(
    'brings it back to %s after three good answers, once',
    async (originStatus) => {
      const upgrade = await stand.open('PostUpgradeCompleted', { order: { originStatus } });
      await stand.deliver(upgrade);
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
      await stand.deliver(upgrade);
      expect(await upgrade.appended()).toEqual(events);
      expect(await stand.lagoon.requests()).toEqual({});
    },
  );

  it.each([
    ['unhealthy', 'InstanceFoundUnhealthy'],
    ['close', 'InstanceFoundUnresponsive'],
  ] as const)('finds an app that answers "%s"', async (health, type) => {
    const upgrade = await stand.open('PostUpgradeCompleted', { traits: { health } });
    await stand.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type, data: { upgradeId: upgrade.order.upgradeId, retryable: true } },
    ]);
  });

  it('wakes an app that sleeps and waits until it answers', async () => {
    const traits = { idleState: 'idled', wakeSeconds: 50 };
    const upgrade = await stand.open('PostUpgradeCompleted', { traits });
    await stand.deliver(upgrade);
    expect(await upgrade.types()).toEqual(['InstanceVerifiedHealthy']);
    expect(await stand.lagoon.requests()).toMatchObject({ 'mutation Unidle': 1 });
  });

  it('outlives garbage on its subject', async () => {
    const upgrade = await stand.open('PostUpgradeCompleted');
    await stand.bus.settled(await stand.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    await stand.deliver(upgrade);
    expect(await upgrade.types()).toEqual(['InstanceVerifiedHealthy']);
  });
});
