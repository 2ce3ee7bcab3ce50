import { eventually } from '../../support/eventually';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageHarness } from './stage-harness';

/** Long enough that nobody is early, whatever else the machine does; the simulated clock runs 1,000 times as fast. */
const LONG_BUILD = { buildSeconds: 3_000 };

describe('poll-upgrade, on builds that do not go as they should', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('poll-upgrade', {
      UPLIFT_ROW_VISIBLE_MS: '100',
      UPLIFT_BUILD_VANISHED_MS: '4000',
      UPLIFT_BUILD_NOT_STARTED_MS: '300',
      UPLIFT_BREAKER_OPEN_MS: '200',
    });
  });
  afterAll(() => harness.stop());

  const withoutProgress = async (upgrade: OpenedUpgrade) =>
    (await upgrade.appended()).filter(({ type }) => type !== 'DeploymentProgressed');

  it('waits for a row that comes late', async () => {
    const nextBuilds = [{ rowSeconds: 1e9 }];
    const upgrade = await harness.open('DeploymentAccepted', { traits: { nextBuilds } });
    const settled = harness.deliver(upgrade);
    await eventually(async () => expect(await upgrade.types()).toEqual(['BuildNotVisible']));
    await harness.lagoon.advance(1e9);
    await settled;
    expect((await withoutProgress(upgrade)).map(({ type }) => type)).toEqual([
      'BuildNotVisible',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
  });

  it('gives up on a row that never comes', async () => {
    const nextBuilds = [{ rowSeconds: 'never' as const }];
    const upgrade = await harness.open('DeploymentAccepted', { traits: { nextBuilds } });
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual(['BuildNotVisible', 'OutcomeUnknown', 'UpgradeFailed']);
  });

  it('keeps one of two builds that one call made, and stops the other before it begins', async () => {
    const nextBuilds = [{ rows: 3 }];
    const traits = { nextBuilds, ...LONG_BUILD };
    const upgrade = await harness.open('DeploymentAccepted', { traits });
    await harness.deliver(upgrade);
    const [found, ...rest] = await withoutProgress(upgrade);
    if (found?.type !== 'DuplicateBuildDetected') throw new TypeError('no duplicates were found');
    const [newest, older] = found.data.builds;
    expect(found.data.builds).toHaveLength(3);
    expect(rest).toMatchObject([
      { type: 'UpgradeCompleted', data: { buildName: newest } },
      { type: 'PostUpgradePending' },
    ]);
    expect(await harness.lagoon.ledger()).toMatchObject({ cancels: { [older ?? '']: 1 } });
  });

  it('tells of a build that never begins, and calls nothing', async () => {
    const nextBuilds = [{ startSeconds: 1_500 }];
    const upgrade = await harness.open('DeploymentAccepted', { traits: { nextBuilds } });
    await harness.deliver(upgrade);
    expect((await withoutProgress(upgrade)).map(({ type }) => type)).toEqual([
      'BuildNotStarted',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
    expect(Object.keys(await harness.lagoon.requests())).toEqual(['query DeploymentsOfMany']);
  });

  it('follows the build of somebody else that took the place of ours', async () => {
    const nextBuilds = [{ runSeconds: 1_000, endStatus: 'cancelled' }];
    const upgrade = await harness.open('DeploymentAccepted', { traits: { nextBuilds } });
    const foreign = await harness.lagoon.build(upgrade.order.profile);
    await harness.deliver(upgrade);
    expect(await withoutProgress(upgrade)).toMatchObject([
      { type: 'DeploymentSuperseded', data: { by: foreign } },
      { type: 'UpgradeCompleted' },
      { type: 'PostUpgradePending' },
    ]);
    expect(await harness.lagoon.requests()).not.toHaveProperty('mutation DeployLatest');
  });

  it('looks at a wave with one request, and leaves it for a build that somebody has replaced', async () => {
    const waveId = `w${Date.now()}`;
    const cancelled = { runSeconds: 1_000, endStatus: 'cancelled' };
    const replaced = await harness.open('DeploymentAccepted', {
      order: { waveId },
      traits: { nextBuilds: [cancelled] },
    });
    const others = await Promise.all(
      Array.from({ length: 9 }, () => harness.open('DeploymentAccepted', { order: { waveId } })),
    );
    const foreign = await harness.lagoon.build(replaced.order.profile);
    await Promise.all([replaced, ...others].map((upgrade) => harness.deliver(upgrade)));
    for (const upgrade of others) {
      expect((await upgrade.types()).slice(-2)).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
    }
    expect((await withoutProgress(replaced))[0]).toMatchObject({ data: { by: foreign } });
    const { requests, fields } = await harness.lagoon.ledger();
    expect(fields.deploymentsByBulkId).toBe(requests['query DeploymentsByBulkId']);
    expect(fields.environmentById).toBe(requests['query DeploymentsOfMany']);
  });

  it('tells each instance of an outage of Lagoon once, and when it is over', async () => {
    const traits = LONG_BUILD;
    const upgrades = await Promise.all([
      harness.open('DeploymentAccepted', { traits }),
      harness.open('DeploymentAccepted', { traits }),
    ]);
    await harness.lagoon.outage(true);
    const settled = Promise.all(upgrades.map((upgrade) => harness.deliver(upgrade)));
    for (const upgrade of upgrades) {
      await eventually(async () => expect(await upgrade.types()).toContain('WaitingFor'));
    }
    await harness.lagoon.outage(false);
    await settled;
    for (const upgrade of upgrades) {
      expect((await withoutProgress(upgrade)).map(({ type }) => type)).toEqual([
        'WaitingFor',
        'WaitEnded',
        'UpgradeCompleted',
        'PostUpgradePending',
      ]);
    }
  });
});
