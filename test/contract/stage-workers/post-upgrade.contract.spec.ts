import { SCRIPTED } from '../../../apps/stage-workers/src/testing/example-upgrade';
import { StageHarness } from './stage-harness';

const DONE = ['PostUpgradeStarted', 'PostUpgradeCompleted'];
const SCRIPTED_DONE = [
  'PostUpgradeStarted',
  'ScriptRequested',
  'ScriptAccepted',
  'PostUpgradeCompleted',
];

describe('post-upgrade alone', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('post-upgrade');
  });
  afterAll(() => harness.stop());

  it('hands over to the health check without a word to Lagoon when there is no script', async () => {
    const upgrade = await harness.open('PostUpgradePending');
    await harness.deliver(upgrade);
    const { upgradeId } = upgrade.order;
    expect(await upgrade.appended()).toMatchObject([
      { type: 'PostUpgradeStarted', data: { upgradeId, attempt: 1 } },
      { type: 'PostUpgradeCompleted', data: { workOrder: { upgradeId }, task: null } },
    ]);
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual(DONE);
    expect(await harness.lagoon.requests()).toEqual({});
  });

  it('runs the script as one task with the marker', async () => {
    const upgrade = await harness.open('PostUpgradePending', { order: { profile: SCRIPTED } });
    await harness.deliver(upgrade);
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual(SCRIPTED_DONE);
    const { requests, calls } = await harness.lagoon.ledger();
    expect(Object.keys(requests).sort()).toEqual(['mutation AddTask', 'query TaskById']);
    expect(requests['mutation AddTask']).toBe(1);
    const added = calls.find(({ operation }) => operation === 'mutation AddTask');
    expect(added?.variables).toMatchObject({
      input: { name: `${upgrade.marker}-post`, service: 'cli', command: 'migrate' },
    });
  });

  it('finds the task again when its answer was lost', async () => {
    const upgrade = await harness.open('PostUpgradePending', { order: { profile: SCRIPTED } });
    await harness.lagoon.plan({ kind: 'lose-answer', field: 'addTask' });
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual([
      ...SCRIPTED_DONE.slice(0, 2),
      'CallAmbiguous',
      ...SCRIPTED_DONE.slice(2),
    ]);
    const requests = await harness.lagoon.requests();
    expect(requests).toMatchObject({ 'mutation AddTask': 1, 'query TasksOf': 1 });
  });

  it('fails with the script', async () => {
    const upgrade = await harness.open('PostUpgradePending', {
      order: { profile: SCRIPTED },
      traits: { failTask: true },
    });
    await harness.deliver(upgrade);
    expect(await upgrade.appended()).toMatchObject([
      { type: 'PostUpgradeStarted' },
      { type: 'ScriptRequested', data: { step: 'post-upgrade' } },
      { type: 'ScriptAccepted' },
      {
        type: 'PostUpgradeFailed',
        data: { reason: 'post-upgrade-script-failed', retryable: true },
      },
    ]);
  });

  it('outlives garbage on its subject', async () => {
    const upgrade = await harness.open('PostUpgradePending');
    await harness.bus.settled(await harness.bus.publishGarbage(upgrade.opening));
    expect(await upgrade.appended()).toEqual([]);
    await harness.deliver(upgrade);
    expect(await upgrade.types()).toEqual(DONE);
  });
});
