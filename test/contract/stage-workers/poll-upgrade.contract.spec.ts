import { eventually } from '../../support/eventually';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageHarness } from './stage-harness';

const isEnd = ({ type }: { type: string }) => type !== 'DeploymentProgressed';

describe('poll-upgrade alone, on a build', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('poll-upgrade');
  });
  afterAll(() => harness.stop());

  const buildOf = ({ opening }: OpenedUpgrade) =>
    (opening.data as { readonly buildName: string }).buildName;

  it('follows it to its end, each change once', async () => {
    const upgrade = await harness.open('DeploymentAccepted');
    await harness.deliver(upgrade);
    const events = await upgrade.appended();
    expect(events.filter(isEnd)).toMatchObject([
      { type: 'UpgradeCompleted', data: { buildName: buildOf(upgrade), warnings: false } },
      {
        type: 'PostUpgradePending',
        data: { workOrder: { upgradeId: upgrade.order.upgradeId, attempt: 1 } },
      },
    ]);
    const seen = events.map(({ data }) => JSON.stringify(data));
    expect(new Set(seen).size).toBe(seen.length);
    expect(Object.keys(await harness.lagoon.requests())).toEqual(['query DeploymentsOfMany']);
    await harness.lagoon.clearLedger();
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toEqual(events);
    const again = await harness.lagoon.requests();
    expect(again['query DeploymentsOfMany'] ?? 0).toBeLessThanOrEqual(1);
  });

  it('says that it succeeded with warnings', async () => {
    const upgrade = await harness.open('DeploymentAccepted', { traits: { buildWarnings: true } });
    await harness.deliver(upgrade);
    expect((await upgrade.appended()).find(isEnd)).toMatchObject({
      type: 'UpgradeCompleted',
      data: { warnings: true },
    });
  });

  it('ends in a failure with it', async () => {
    const upgrade = await harness.open('DeploymentAccepted', { traits: { failBuild: true } });
    await harness.deliver(upgrade);
    expect((await upgrade.appended()).filter(isEnd)).toMatchObject([
      {
        type: 'UpgradeFailed',
        data: { reason: 'deployment-failed', evidence: { buildName: buildOf(upgrade) } },
      },
    ]);
  });

  it('follows many with few requests', async () => {
    const upgrades = await Promise.all(
      Array.from({ length: 20 }, () => harness.open('DeploymentAccepted')),
    );
    await harness.lagoon.clearLedger();
    await Promise.all(upgrades.map((upgrade) => harness.deliver(upgrade)));
    for (const upgrade of upgrades) {
      expect((await upgrade.types()).slice(-2)).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
    }
    const { requests, fields } = await harness.lagoon.ledger();
    const polls = requests['query DeploymentsOfMany'] ?? 0;
    expect(polls).toBeLessThan((fields.environmentById ?? 0) / 4);
    expect(Object.keys(requests)).toEqual(['query DeploymentsOfMany']);
  });

  it('gives it back when it is stopped, and goes on where it was', async () => {
    const upgrade = await harness.open('DeploymentAccepted', { traits: { buildSeconds: 4_000 } });
    const published = await harness.bus.publish(upgrade.opening);
    await eventually(async () => expect(await upgrade.types()).toContain('DeploymentProgressed'));
    await harness.restartStage();
    await harness.bus.settled(published);
    const events = await upgrade.appended();
    expect(events.slice(-2).map(({ type }) => type)).toEqual([
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
    const seen = events.map(({ data }) => JSON.stringify(data));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('waits while Lagoon is down, and outlives garbage on its subject', async () => {
    const upgrade = await harness.open('DeploymentAccepted');
    await harness.lagoon.plan({ kind: 'replace', status: 503, times: 2 });
    await harness.bus.settled(await harness.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    await harness.deliver(upgrade);
    expect((await upgrade.types()).slice(-2)).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });
});
