import { SCRIPTED } from '../../testing/example-upgrade';
import { StageScene } from '../../testing/stage-scene';
import { LagoonTaskRunner } from '../lagoon-task';
import { PreUpgradeStage } from './pre-upgrade.stage';

const OPTIONS = { pollIntervalMs: 1, callTimeoutMs: 200, patienceMs: 10_000 };
const stageOf = ({ lagoon }: StageScene) =>
  new PreUpgradeStage(lagoon, new LagoonTaskRunner(lagoon, OPTIONS), 'w');

describe('the pre-upgrade stage', () => {
  it('checks, and opens the upgrade with what Lagoon said of the environment', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    expect(await scene.handle(stageOf(scene))).toEqual({ kind: 'done' });
    const [started, completed, pending] = await scene.appended();
    expect(started).toMatchObject({ type: 'PreUpgradeStarted', data: { worker: 'w' } });
    expect(completed).toMatchObject({
      type: 'PreUpgradeCompleted',
      data: {
        task: null,
        checks: [
          { name: 'environment-exists', passed: true },
          { name: 'deployments-enabled', passed: true },
          { name: 'no-active-deployment', passed: true },
        ],
      },
    });
    const found = scene.lagoon.script.find(scene.target)?.facts;
    expect(pending).toMatchObject({
      type: 'UpgradePending',
      data: { workOrder: { located: { environmentId: found?.environmentId } } },
    });
    expect(scene.store.loads).toBe(1);
    expect(scene.mutations).toEqual([]);
  });

  it('fails for good when Lagoon has no such environment', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    scene.lagoon.script.remove(scene.target);
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'environment-exists', retryable: false },
    });
  });

  it('fails for good when deployments are disabled', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    scene.lagoon.script.place(scene.target, { deploymentsDisabled: true });
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'deployments-enabled', retryable: false },
    });
  });

  it('fails for now when a build is under way, and names it', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const build = scene.lagoon.script.foreignBuild(scene.target);
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'no-active-deployment', evidence: { detail: build }, retryable: true },
    });
  });

  it('runs the script as a task that carries the marker', async () => {
    const scene = await StageScene.at('UpgradeRequested', { profile: SCRIPTED });
    scene.lagoon.script.endAtOnce = 'complete';
    await scene.handle(stageOf(scene));
    const request = { name: `${scene.marker}-pre`, service: 'cli', command: 'backup' };
    const added = scene.lagoon.calls.find(({ operation }) => operation === 'addTask');
    expect(added?.input).toMatchObject(request);
    expect((await scene.appended())[1]).toMatchObject({
      data: { task: { taskName: expect.stringMatching(/^lagoon-task-/) as string } },
    });
  });

  it('fails when the script fails', async () => {
    const scene = await StageScene.at('UpgradeRequested', { profile: SCRIPTED });
    scene.lagoon.script.endAtOnce = 'failed';
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'pre-upgrade-script', retryable: true },
    });
  });

  it('goes on where a dead predecessor stopped, without a second start or task', async () => {
    const scene = await StageScene.at('UpgradeRequested', { profile: SCRIPTED });
    scene.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'reset' }, { lands: true });
    expect(await scene.handle(stageOf(scene))).toMatchObject({ kind: 'retry' });
    scene.lagoon.script.endTasks(scene.target);
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual([
      'PreUpgradeStarted',
      'PreUpgradeCompleted',
      'UpgradePending',
    ]);
    expect(scene.mutations).toEqual(['addTask']);
  });

  it('adds no task of a step that another handling started, even at a first delivery', async () => {
    const scene = await StageScene.at('UpgradeRequested', { profile: SCRIPTED });
    scene.lagoon.script.endAtOnce = 'complete';
    await Promise.all([scene.handle(stageOf(scene)), scene.handle(stageOf(scene))]);
    expect(scene.mutations).toEqual(['addTask']);
    expect(await scene.types()).toHaveLength(3);
  });

  it('does nothing when the instance has moved on', async () => {
    const scene = await StageScene.at('UpgradeRequested', { profile: SCRIPTED });
    scene.lagoon.script.endAtOnce = 'complete';
    await scene.handle(stageOf(scene));
    const before = await scene.types();
    scene.lagoon.calls.length = 0;
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual(before);
    expect(scene.lagoon.calls).toEqual([]);
  });

  it('waits while Lagoon is down', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    scene.lagoon.script.unavailable = true;
    expect(await scene.handle(stageOf(scene))).toMatchObject({ kind: 'retry' });
    scene.lagoon.script.unavailable = false;
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(await scene.types()).toHaveLength(3);
  });
});
