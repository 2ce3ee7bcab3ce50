import { StageScene } from '../../testing/stage-scene';
import { DeploymentPoller } from './deployment-poller';
import { PollUpgradeStage } from './poll-upgrade.stage';

const pollers: DeploymentPoller[] = [];
afterEach(() => pollers.splice(0).forEach((poller) => poller.onApplicationShutdown()));

async function following(patienceMs = 60_000) {
  const scene = await StageScene.at('DeploymentAccepted');
  const build = scene.lagoon.script.allDeployments()[0]!.name;
  return { scene, build, stage: stageOf(scene, patienceMs) };
}

function stageOf({ lagoon }: StageScene, patienceMs: number): PollUpgradeStage {
  const quiet = { onError: () => undefined, onBeat: () => undefined };
  const poller = new DeploymentPoller(lagoon, { intervalMs: 2, batch: 50, ...quiet });
  pollers.push(poller);
  return new PollUpgradeStage(lagoon, poller, patienceMs);
}

/** Resolves after so many further requests to Lagoon. */
async function polled({ lagoon }: StageScene, requests = 2): Promise<void> {
  const goal = lagoon.calls.length + requests;
  while (lagoon.calls.length < goal) await new Promise(setImmediate);
}

describe('the poll-upgrade stage', () => {
  it('records each change once, and the end once', async () => {
    const { scene, build, stage } = await following();
    const running = scene.handle(stage);
    for (const buildStep of ['Image Build', 'Image Build', 'Deploy']) {
      scene.lagoon.script.setBuild(build, { status: 'running', buildStep });
      await polled(scene, 3);
    }
    scene.lagoon.script.endBuilds(scene.target);
    expect(await running).toEqual({ kind: 'done' });
    const steps = (await scene.appended()).map(({ type, data }) =>
      'buildStep' in data ? data.buildStep : type,
    );
    expect(steps.filter((step) => step !== null)).toEqual([
      'Image Build',
      'Deploy',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
  });

  it('opens the post-upgrade stage in the same append as the end', async () => {
    const { scene, build, stage } = await following();
    scene.lagoon.script.endBuilds(scene.target);
    await scene.handle(stage);
    expect(await scene.appended()).toMatchObject([
      { type: 'UpgradeCompleted', data: { buildName: build, warnings: false } },
      { type: 'PostUpgradePending', data: { workOrder: { upgradeId: scene.order.upgradeId } } },
    ]);
  });

  it('never goes back in what it records', async () => {
    const { scene, build, stage } = await following();
    const running = scene.handle(stage);
    for (const status of ['running', 'queued', 'new']) {
      scene.lagoon.script.setBuild(build, { status, buildStep: null });
      await polled(scene, 3);
    }
    scene.lagoon.script.endBuilds(scene.target);
    await running;
    expect(await scene.types()).toEqual([
      'DeploymentProgressed',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
  });

  it('waits on at a status word it does not know', async () => {
    const { scene, build, stage } = await following();
    const running = scene.handle(stage);
    scene.lagoon.script.setBuild(build, { status: 'reticulating' });
    await polled(scene, 3);
    scene.lagoon.script.endBuilds(scene.target);
    expect(await running).toEqual({ kind: 'done' });
    expect((await scene.types()).slice(-2)).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });

  it('fails with what Lagoon said of the build', async () => {
    const { scene, build, stage } = await following();
    scene.lagoon.script.endBuilds(scene.target, 'failed');
    await scene.handle(stage);
    expect(await scene.appended()).toMatchObject([
      {
        type: 'UpgradeFailed',
        data: {
          reason: 'deployment-failed',
          evidence: { buildName: build, status: 'failed' },
          retryable: true,
        },
      },
    ]);
  });

  it('fails when somebody cancelled the build', async () => {
    const { scene, stage } = await following();
    scene.lagoon.script.endBuilds(scene.target, 'cancelled');
    await scene.handle(stage);
    expect(await scene.appended()).toMatchObject([{ data: { reason: 'deployment-cancelled' } }]);
  });

  it('waits for the build that took the place of ours, then counts it', async () => {
    const { scene, build, stage } = await following();
    scene.lagoon.script.setBuild(build, { status: 'cancelled' });
    const newer = scene.lagoon.script.foreignBuild(scene.target);
    const running = scene.handle(stage);
    await polled(scene, 6);
    expect(await scene.types()).toEqual([]);
    scene.lagoon.script.setBuild(newer, { status: 'complete' });
    await running;
    expect(await scene.appended()).toMatchObject([
      { type: 'DeploymentSuperseded', data: { by: newer } },
      { type: 'UpgradeCompleted', data: { buildName: build } },
      { type: 'PostUpgradePending' },
    ]);
  });

  it('fails when the build that took the place of ours failed', async () => {
    const { scene, build, stage } = await following();
    scene.lagoon.script.setBuild(build, { status: 'cancelled' });
    const newer = scene.lagoon.script.foreignBuild(scene.target);
    scene.lagoon.script.setBuild(newer, { status: 'failed' });
    await scene.handle(stage);
    expect(await scene.appended()).toMatchObject([
      { data: { reason: 'superseding-deployment-failed', evidence: { buildName: newer } } },
    ]);
  });

  it('goes on after a restart without recording again what stands there', async () => {
    const { scene, build, stage } = await following();
    const first = scene.handle(stage);
    scene.lagoon.script.setBuild(build, { buildStep: 'Deploy' });
    await polled(scene, 3);
    scene.stopping.abort(new Error('stop'));
    expect(await first).toEqual({ kind: 'retry', delayMs: 0 });
    const successor = { ...scene.delivery(2), signal: new AbortController().signal };
    const second = scene.runner.handle(stageOf(scene, 60_000), successor);
    await polled(scene, 3);
    scene.lagoon.script.endBuilds(scene.target);
    expect(await second).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual([
      'DeploymentProgressed',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
  });

  it('records the end once when two workers follow the same build', async () => {
    const { scene, stage } = await following();
    scene.lagoon.script.endBuilds(scene.target);
    const both = [scene.handle(stage), scene.handle(stageOf(scene, 60_000))];
    expect(await Promise.all(both)).toEqual([{ kind: 'done' }, { kind: 'done' }]);
    expect(await scene.types()).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });

  it('asks Lagoon nothing when the instance has moved on', async () => {
    const { scene, stage } = await following();
    scene.lagoon.script.endBuilds(scene.target);
    await scene.handle(stage);
    scene.lagoon.calls.length = 0;
    expect(await scene.handle(stage, 2)).toEqual({ kind: 'done' });
    expect(scene.lagoon.calls).toEqual([]);
  });

  it('records a success that comes after the failure, once', async () => {
    const { scene, build, stage } = await following();
    const running = scene.handle(stage);
    const { upgradeId, attempt } = scene.order;
    const failure = {
      upgradeId,
      attempt,
      reason: 'stage-timed-out',
      evidence: {},
      retryable: true,
    };
    await scene.append({ type: 'UpgradeFailed', data: failure });
    scene.lagoon.script.endBuilds(scene.target);
    expect(await running).toEqual({ kind: 'done' });
    expect((await scene.appended()).at(-1)).toMatchObject({
      type: 'LateOutcomeObserved',
      data: { buildName: build },
    });
  });

  it('gives the message back when the build takes long, and looks whether it is still due', async () => {
    const { scene, stage } = await following(5);
    expect(await scene.handle(stage)).toMatchObject({ kind: 'retry' });
    const { upgradeId, attempt } = scene.order;
    const failure = {
      upgradeId,
      attempt,
      reason: 'stage-timed-out',
      evidence: {},
      retryable: true,
    };
    await scene.append({ type: 'UpgradeFailed', data: failure });
    expect(await scene.handle(stage, 2)).toEqual({ kind: 'done' });
  });

  it('starts nothing once the process is asked to stop', async () => {
    const { scene, stage } = await following();
    scene.stopping.abort(new Error('stop'));
    expect(await scene.handle(stage)).toEqual({ kind: 'retry', delayMs: 0 });
  });
});
