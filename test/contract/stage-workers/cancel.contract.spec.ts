import type { InstanceEvent } from '@uplift/domain';
import { SCRIPTED } from '../../../apps/stage-workers/src/testing/example-upgrade';
import type { EnvironmentSpec } from '../../../tools/lagoon-simulator/src';
import { eventually } from '../../support/eventually';
import type { OpenedUpgrade } from './opened-upgrade';
import { StageHarness } from './stage-harness';

/** Hours for a build: it ends in time only if it is stopped. */
const LONG = 36_000;
const QUICK_POLLS = {
  UPLIFT_POLL_EARLY_INTERVAL_MS: '50',
  UPLIFT_POLL_QUEUED_INTERVAL_MS: '50',
};

describe('poll-upgrade alone, on an upgrade that is cancelled', () => {
  let harness: StageHarness;

  beforeAll(async () => {
    harness = await StageHarness.start('poll-upgrade', QUICK_POLLS);
  });
  afterAll(() => harness.stop());

  it('stops the build and takes the instance back once its health is proved', async () => {
    const upgrade = await harness.open('DeploymentAccepted', { traits: { buildSeconds: LONG } });
    const followed = await harness.bus.publish(upgrade.opening);
    await harness.bus.settled(await harness.bus.publish(await askToCancel(upgrade)));
    await harness.bus.settled(followed);
    expect(await upgrade.types()).toContain('DeploymentCancelled');
    const verified = await harness.bus.publish(await upgrade.newest('DeploymentCancelled'));
    await harness.bus.settled(verified);
    expect(await newestOf(upgrade)).toMatchObject({
      type: 'UpgradeCancelled',
      data: { status: upgrade.order.originStatus, probes: [{ status: 200 }, {}, {}] },
    });
  });

  it('says so if the build that was stopped half-way left the app unhealthy', async () => {
    const traits = { buildSeconds: LONG, healthAfterCancel: 'unhealthy' } as const;
    const upgrade = await harness.open('DeploymentAccepted', { traits });
    const followed = await harness.bus.publish(upgrade.opening);
    await eventually(async () =>
      expect(await newestOf(upgrade)).toMatchObject({ data: { status: 'running' } }),
    );
    await harness.bus.publish(await askToCancel(upgrade));
    await harness.bus.settled(followed);
    const verified = await harness.bus.publish(await upgrade.newest('DeploymentCancelled'));
    await harness.bus.settled(verified);
    expect(await newestOf(upgrade)).toMatchObject({ type: 'InstanceFoundUnhealthy' });
  });

  it('comes too late for a build that completes although Lagoon said "success"', async () => {
    const traits = { buildSeconds: 1_000, nextBuilds: [{ ignoresCancel: true }] };
    const upgrade = await harness.open('DeploymentAccepted', { traits });
    const followed = await harness.bus.publish(upgrade.opening);
    const cancelled = await harness.bus.publish(await askToCancel(upgrade));
    await harness.bus.settled(followed);
    await harness.bus.settled(cancelled);
    expect((await upgrade.types()).slice(-3)).toEqual([
      'UpgradeCancelTooLate',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
    expect((await harness.lagoon.requests())['mutation CancelDeployment']).toBeGreaterThan(0);
  });

  it('waits until it is known whether there is a build, and stops it then', async () => {
    const traits = { buildSeconds: LONG };
    const upgrade = await harness.open('DeploymentRequested', { traits });
    const cancelled = await harness.bus.publish(await askToCancel(upgrade));
    const buildName = await harness.lagoon.build(upgrade.order.profile, upgrade.marker);
    const workOrder = { ...(await upgrade.workOrder()), cancelRequested: true } as const;
    const accepted = await upgrade.append({
      type: 'DeploymentAccepted',
      data: { workOrder, buildName, callNo: 1 },
    });
    await harness.bus.settled(await harness.bus.publish(accepted));
    await harness.bus.settled(cancelled);
    expect(await upgrade.newest('DeploymentCancelled')).toMatchObject({ data: { buildName } });
  });

  it('waits on in the next worker, and is over when the upgrade is', async () => {
    const upgrade = await harness.open('DeploymentRequested');
    const cancelled = await harness.bus.publish(await askToCancel(upgrade));
    await harness.restartStage();
    const { upgradeId, attempt, originStatus: status } = upgrade.order;
    await upgrade.append({ type: 'UpgradeCancelled', data: { upgradeId, attempt, status } });
    await harness.bus.settled(cancelled);
    expect(await upgrade.types()).toEqual(['UpgradeCancelRequested', 'UpgradeCancelled']);
    expect((await harness.lagoon.requests())['mutation CancelDeployment']).toBeUndefined();
  });

  describe('while its script runs', () => {
    const taskOf = async ({ order }: OpenedUpgrade, marker: string) => {
      const { environmentId } = await harness.lagoon.place(order.profile, {});
      return harness.lagoon.addTask(environmentId, marker);
    };

    const scripted = async (traits: Partial<EnvironmentSpec> = {}) => {
      const all = { taskSeconds: LONG, ...traits };
      const upgrade = await harness.open('PreUpgradeStarted', {
        order: { profile: SCRIPTED },
        traits: all,
      });
      return { upgrade, call: await requestScript(upgrade) };
    };

    it('stops the task that it finds by its marker, and the app proves its health', async () => {
      const { upgrade, call } = await scripted();
      const task = await taskOf(upgrade, call.marker);
      await harness.bus.settled(await harness.bus.publish(await askToCancel(upgrade)));
      const stopped = await upgrade.newest('ScriptCancelled');
      expect(stopped.data).toMatchObject({
        step: 'pre-upgrade',
        task: { taskId: task },
        outcome: 'cancelled',
      });
      await harness.bus.settled(await harness.bus.publish(stopped));
      expect(await newestOf(upgrade)).toMatchObject({
        type: 'UpgradeCancelled',
        data: { status: upgrade.order.originStatus, probes: [{ status: 200 }, {}, {}] },
      });
    });

    it('says so if Lagoon refuses, and waits for the end of the task in the next worker', async () => {
      const { upgrade, call } = await scripted({ taskSeconds: 1e9 });
      const taskId = await taskOf(upgrade, call.marker);
      await upgrade.append({
        type: 'ScriptAccepted',
        data: { ...attemptOf(upgrade), ...STEP, task: { taskId, taskName: 'lagoon-task-1' } },
      });
      const message = 'Unauthorized: You don\'t have permission to "cancel:production" on "task"';
      await harness.lagoon.plan({ kind: 'refuse', field: 'cancelTask', message, times: 1_000 });
      const cancelled = await harness.bus.publish(await askToCancel(upgrade));
      await eventually(async () =>
        expect(await newestOf(upgrade)).toMatchObject({
          type: 'CancelWithoutEffect',
          data: { name: 'lagoon-task-1', evidence: { cause: 'permission' } },
        }),
      );
      await harness.restartStage();
      await harness.lagoon.advance(2e9);
      await harness.bus.settled(cancelled);
      await harness.lagoon.clearFaults();
      const types = await upgrade.types();
      expect(types[types.indexOf('CancelWithoutEffect') + 1]).toBe('ScriptCancelled');
      expect(await upgrade.newest('ScriptCancelled')).toMatchObject({
        data: { outcome: 'complete' },
      });
    });

    it('ends at once when the call surely never landed', async () => {
      const { upgrade } = await scripted();
      await harness.bus.settled(await harness.bus.publish(await askToCancel(upgrade)));
      expect((await upgrade.types()).slice(-2)).toEqual(['CallNotLanded', 'UpgradeCancelled']);
      expect((await harness.lagoon.requests())['mutation CancelTask']).toBeUndefined();
    });
  });
});

function askToCancel(upgrade: OpenedUpgrade) {
  const { upgradeId, attempt } = upgrade.order;
  const data = { upgradeId, attempt, requestedBy: 'operator-7', reason: 'wrong release' };
  return upgrade.append({ type: 'UpgradeCancelRequested', data });
}

const STEP = { step: 'pre-upgrade', callNo: 1 } as const;

function attemptOf({ order: { upgradeId, attempt } }: OpenedUpgrade) {
  return { upgradeId, attempt };
}

/** The intent of another worker, whose call nobody has heard of since. */
async function requestScript(upgrade: OpenedUpgrade) {
  const call = { ...STEP, marker: `${upgrade.marker}-pre`, worker: 'predecessor' };
  await upgrade.append({ type: 'ScriptRequested', data: { ...attemptOf(upgrade), ...call } });
  return call;
}

async function newestOf(upgrade: OpenedUpgrade): Promise<InstanceEvent | undefined> {
  return (await upgrade.appended()).at(-1);
}
