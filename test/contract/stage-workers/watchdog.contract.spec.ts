import type { InstanceEventType } from '@uplift/domain';
import { eventually } from '../../support/eventually';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageHarness } from './stage-harness';

const SHORT = {
  UPLIFT_DEADLINE_PENDING_MS: '300',
  UPLIFT_DEADLINE_STEP_MS: '300',
  UPLIFT_DEADLINE_CALL_MS: '300',
  UPLIFT_DEADLINE_QUEUED_MS: '300',
  UPLIFT_DEADLINE_VERIFY_MS: '300',
};

const ended = (upgrade: OpenedUpgrade) =>
  eventually(async () =>
    expect((await upgrade.types()).at(-1)).toMatch(/Failed$|^InstanceFoundUnresponsive$/),
  );

describe('the watchdog alone', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('watchdog', SHORT);
  });
  afterAll(() => harness.stop());

  it.each<[InstanceEventType, string, string, string]>([
    ['PreUpgradeStarted', 'pre-upgrade', 'pre-upgrade-running', 'PreUpgradeFailed'],
    ['DeploymentRequested', 'upgrade', 'upgrade-running', 'UpgradeFailed'],
    ['PostUpgradeStarted', 'post-upgrade', 'post-upgrade-running', 'PostUpgradeFailed'],
  ])('ends what nobody works on after %s', async (opening, stage, status, ending) => {
    const upgrade = await harness.open(opening);
    await ended(upgrade);
    const { upgradeId } = upgrade.order;
    expect(await upgrade.appended()).toMatchObject([
      { type: 'StageTimedOut', data: { upgradeId, attempt: 1, stage, status, limitMs: 300 } },
      {
        type: ending,
        data: { reason: 'stage-timed-out', evidence: { stage, status }, retryable: true },
      },
    ]);
    expect(await harness.lagoon.requests()).toEqual({});
  });

  it.each<[InstanceEventType, string, string, string]>([
    ['UpgradeRequested', 'pre-upgrade', 'pending-pre-upgrade', 'PreUpgradeFailed'],
    ['UpgradePending', 'upgrade', 'pending-upgrade', 'UpgradeFailed'],
    ['DeploymentAccepted', 'poll-upgrade', 'upgrade-running', 'UpgradeFailed'],
    ['PostUpgradePending', 'post-upgrade', 'pending-post-upgrade', 'PostUpgradeFailed'],
    ['PostUpgradeCompleted', 'poll-upgrade', 'post-upgrade-completed', 'InstanceFoundUnresponsive'],
  ])('offers what nobody answers after %s three times, and ends it', async (opening, ...told) => {
    const [stage, status, ending] = told;
    const upgrade = await harness.open(opening);
    await ended(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type: 'StageRedriven', data: { stage, n: 1 } },
      { type: 'StageRedriven', data: { stage, n: 2 } },
      { type: 'StageRedriven', data: { stage, n: 3 } },
      { type: 'StageTimedOut', data: { attempt: 1, stage, status } },
      {
        type: ending,
        data: { reason: 'stage-timed-out', evidence: { stage, status }, retryable: true },
      },
    ]);
    expect(await harness.lagoon.requests()).toEqual({});
  });

  it('says that nobody takes messages of a stage whose message lies on the bus', async () => {
    const upgrade = await harness.open('UpgradeRequested');
    await harness.bus.publish(upgrade.opening);
    await ended(upgrade);
    const reason = 'no worker takes messages of this stage';
    expect(await upgrade.appended()).toMatchObject([
      { type: 'StageTimedOut', data: { reason } },
      { type: 'PreUpgradeFailed', data: { evidence: { detail: reason } } },
    ]);
  });

  it('ends an attempt that has had its own time', async () => {
    const upgrade = await harness.open('PreUpgradeStarted', { order: { attemptMs: 100 } });
    await ended(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type: 'StageTimedOut', data: { limitMs: 100, status: 'pre-upgrade-running' } },
      { type: 'PreUpgradeFailed', data: { reason: 'stage-timed-out' } },
    ]);
  });

  it('fires again after it was killed and started again', async () => {
    await harness.killStage();
    const upgrade = await harness.open('PreUpgradeStarted');
    await harness.restartStage();
    await ended(upgrade);
    expect(await upgrade.types()).toEqual(['StageTimedOut', 'PreUpgradeFailed']);
  });

  it('fires once for each, whatever the number', async () => {
    const upgrades = await Promise.all(
      Array.from({ length: 20 }, () => harness.open('PreUpgradeStarted')),
    );
    await Promise.all(upgrades.map(ended));
    const late = await harness.open('PreUpgradeStarted');
    await ended(late);
    for (const upgrade of upgrades) expect(await upgrade.types()).toHaveLength(2);
  });
});

describe('the watchdog and a Lagoon core without room', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    const { UPLIFT_DEADLINE_QUEUED_MS: _long, ...short } = SHORT;
    harness = await StageHarness.start('watchdog', { ...short, UPLIFT_BUILDS_IN_FLIGHT: '1' });
    await harness.open('DeploymentAccepted');
  });
  afterAll(() => harness.stop());

  it('explains once why an instance is not let in, also after it was killed', async () => {
    const upgrade = await harness.open('UpgradeRequested');
    const { upgradeId, profile } = upgrade.order;
    await eventually(async () => expect(await upgrade.types()).toEqual(['WaitingFor']));
    await harness.killStage();
    await harness.restartStage();
    const other = await harness.open('UpgradeRequested');
    await eventually(async () => expect(await other.types()).toEqual(['WaitingFor']));
    expect(await upgrade.appended()).toMatchObject([
      {
        type: 'WaitingFor',
        data: {
          upgradeId,
          attempt: 1,
          stage: 'pre-upgrade',
          place: 1,
          target: `admission:${profile.core}`,
        },
      },
    ]);
  });

  it('fails nobody who waits for longer than an attempt may take', async () => {
    const upgrade = await harness.open('UpgradeRequested', { order: { attemptMs: 100 } });
    await eventually(async () => expect(await upgrade.types()).toEqual(['WaitingFor']));
    await ended(await harness.open('PostUpgradePending'));
    expect(await upgrade.types()).toEqual(['WaitingFor']);
  });

  it('lets the upgrade expire that could not begin in time', async () => {
    const startBy = new Date(Date.now() + 5_000).toISOString();
    const upgrade = await harness.open('UpgradeRequested', { order: { startBy } });
    await eventually(async () =>
      expect(await upgrade.types()).toEqual(['WaitingFor', 'UpgradeExpired']),
    );
  });
});
