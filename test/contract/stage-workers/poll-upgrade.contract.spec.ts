import { eventually } from '../../support/eventually';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageStand } from './stage-stand';

jest.setTimeout(60_000);

const isEnd = ({ type }: { type: string }) => type !== 'DeploymentProgressed';

describe('poll-upgrade alone, on a build', () => {
  let stand: StageStand;

  beforeAll(async () => {
    stand = await StageStand.start('poll-upgrade');
  });
  afterAll(() => stand.stop());

  const buildOf = ({ opening }: OpenedUpgrade) =>
    (opening.data as { readonly buildName: string }).buildName;

  it('follows it to its end, each change once', async () => {
    const upgrade = await stand.open('DeploymentAccepted');
    await stand.deliver(upgrade);
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
    expect(Object.keys(await stand.lagoon.requests())).toEqual(['query DeploymentsOfMany']);
    await stand.lagoon.clearLedger();
    await stand.deliver(upgrade);
    expect(await upgrade.appended()).toEqual(events);
    const again = await stand.lagoon.requests();
    expect(again['query DeploymentsOfMany'] ?? 0).toBeLessThanOrEqual(1);
  });

  it('says that it succeeded with warnings', async () => {
    const upgrade = await stand.open('DeploymentAccepted', { traits: { buildWarnings: true } });
    await stand.deliver(upgrade);
    expect((await upgrade.appended()).find(isEnd)).toMatchObject({
      type: 'UpgradeCompleted',
      data: { warnings: true },
    });
  });

  it('ends in a failure with it', async () => {
    const upgrade = await stand.open('DeploymentAccepted', { traits: { failBuild: true } });
    await stand.deliver(upgrade);
    expect((await upgrade.appended()).filter(isEnd)).toMatchObject([
      {
        type: 'UpgradeFailed',
        data: { reason: 'deployment-failed', evidence: { buildName: buildOf(upgrade) } },
      },
    ]);
  });

  it('follows many with few requests', async () => {
    const upgrades = await Promise.all(
      Array.from({ length: 20 }, () => stand.open('DeploymentAccepted')),
    );
    await stand.lagoon.clearLedger();
    await Promise.all(upgrades.map((upgrade) => stand.deliver(upgrade)));
    for (const upgrade of upgrades) {
      expect((await upgrade.types()).slice(-2)).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
    }
    const { requests, fields } = await stand.lagoon.ledger();
    const polls = requests['query DeploymentsOfMany'] ?? 0;
    expect(polls).toBeLessThan((fields.environmentById ?? 0) / 4);
    expect(Object.keys(requests)).toEqual(['query DeploymentsOfMany']);
  });

  it('gives it back when it is stopped, and goes on where it was', async () => {
    const upgrade = await stand.open('DeploymentAccepted', { traits: { buildSeconds: 4_000 } });
    const published = await stand.bus.publish(upgrade.opening);
    await eventually(async () => expect(await upgrade.types()).toContain('DeploymentProgressed'));
    await stand.restartStage();
    await stand.bus.settled(published);
    const events = await upgrade.appended();
    expect(events.slice(-2).map(({ type }) => type)).toEqual([
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
    const seen = events.map(({ data }) => JSON.stringify(data));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('waits while Lagoon is down, and outlives garbage on its subject', async () => {
    const upgrade = await stand.open('DeploymentAccepted');
    await stand.lagoon.plan({ kind: 'replace', status: 503, times: 2 });
    await stand.bus.settled(await stand.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    await stand.deliver(upgrade);
    expect((await upgrade.types()).slice(-2)).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });
});
