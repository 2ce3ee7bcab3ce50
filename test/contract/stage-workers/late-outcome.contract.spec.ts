import type { InstanceEvent } from '@uplift/domain';
import { eventually } from '../../support/eventually';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageHarness } from './stage-harness';

const QUICK_LOOKS = { UPLIFT_LATE_INTERVAL_MS: '50', UPLIFT_LATE_WATCH_MS: '60000' };

describe('poll-upgrade alone, on a deployment that was given up', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('poll-upgrade', QUICK_LOOKS);
  });
  afterAll(() => harness.stop());

  it('goes on with the upgrade when the build completes after all', async () => {
    const upgrade = await harness.open('DeploymentAccepted', { traits: { buildSeconds: 500 } });
    await harness.bus.settled(await harness.bus.publish(await giveUp(upgrade)));
    expect((await upgrade.appended()).slice(-2)).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'complete' } },
      { type: 'PostUpgradePending', data: { workOrder: { attempt: 1 } } },
    ]);
    expect(Object.keys(await harness.lagoon.requests())).toEqual(['query DeploymentsOfMany']);
  });

  it('records a failure that it sees too late, once', async () => {
    const upgrade = await harness.open('DeploymentAccepted', { traits: { failBuild: true } });
    const failed = await giveUp(upgrade);
    await harness.bus.settled(await harness.bus.publish(failed));
    const events = await upgrade.appended();
    expect(events.at(-1)).toMatchObject({
      type: 'LateOutcomeObserved',
      data: { status: 'failed' },
    });
    await harness.lagoon.clearLedger();
    await harness.bus.settled(await harness.bus.publish(failed));
    expect(await upgrade.appended()).toEqual(events);
    expect(await harness.lagoon.requests()).toEqual({});
  });

  it('asks Lagoon for nothing after a failure that says how the build ended', async () => {
    const upgrade = await harness.open('DeploymentAccepted');
    await harness.bus.settled(
      await harness.bus.publish(await giveUp(upgrade, 'deployment-failed')),
    );
    expect((await upgrade.types()).at(-1)).toBe('UpgradeFailed');
    expect(await harness.lagoon.requests()).toEqual({});
  });

  it('looks for many with few requests', async () => {
    const traits = { buildSeconds: 1_000 };
    const upgrades = await Promise.all(
      Array.from({ length: 20 }, () => harness.open('DeploymentAccepted', { traits })),
    );
    await harness.lagoon.clearLedger();
    const failures = await Promise.all(upgrades.map((upgrade) => giveUp(upgrade)));
    const published = await Promise.all(failures.map((failure) => harness.bus.publish(failure)));
    await Promise.all(published.map((message) => harness.bus.settled(message)));
    for (const upgrade of upgrades) {
      expect((await upgrade.types()).at(-1)).toBe('PostUpgradePending');
    }
    const { requests, fields } = await harness.lagoon.ledger();
    const looks = requests['query DeploymentsOfMany'] ?? 0;
    expect(looks).toBeLessThan((fields.environmentById ?? 0) / 2);
  });

  it('is found by the next worker after this one has stopped', async () => {
    const upgrade = await harness.open('DeploymentAccepted', { traits: { buildSeconds: 4_000 } });
    const published = await harness.bus.publish(await giveUp(upgrade));
    await eventually(async () =>
      expect(await harness.lagoon.requests()).toHaveProperty(['query DeploymentsOfMany']),
    );
    await harness.restartStage();
    await harness.bus.settled(published);
    expect((await upgrade.types()).slice(-2)).toEqual([
      'LateOutcomeObserved',
      'PostUpgradePending',
    ]);
  });
});

function giveUp(upgrade: OpenedUpgrade, reason = 'stage-timed-out') {
  const { upgradeId, attempt } = upgrade.order;
  const evidence = { status: 'upgrade-running' };
  const failed: InstanceEvent = {
    type: 'UpgradeFailed',
    data: { upgradeId, attempt, reason, evidence, retryable: true },
  };
  return upgrade.append(failed);
}
