import { SCRIPTED } from '../../testing/example-upgrade';
import { scriptsOf, WORKER } from '../../testing/effect-kit';
import { StageScene } from '../../testing/stage-scene';
import { PostUpgradeStage } from './post-upgrade.stage';

const stageOf = (scene: StageScene) => new PostUpgradeStage(scriptsOf(scene), WORKER);

describe('the post-upgrade stage', () => {
  it('hands over to the health check at once when there is no script', async () => {
    const scene = await StageScene.at('PostUpgradePending');
    expect(await scene.handle(stageOf(scene))).toEqual({ kind: 'done' });
    const [started, completed] = await scene.appended();
    expect(started).toMatchObject({ type: 'PostUpgradeStarted', data: { worker: 'w' } });
    expect(completed).toMatchObject({ type: 'PostUpgradeCompleted', data: { task: null } });
    expect(scene.lagoon.calls).toEqual([]);
  });

  it('runs the script as a task that carries the marker', async () => {
    const scene = await StageScene.at('PostUpgradePending', { profile: SCRIPTED });
    scene.lagoon.script.endAtOnce = 'complete';
    await scene.handle(stageOf(scene));
    const [call] = scene.lagoon.calls;
    expect(call).toMatchObject({ operation: 'addTask', input: { name: `${scene.marker}-post` } });
    expect(await scene.types()).toEqual([
      'PostUpgradeStarted',
      'ScriptRequested',
      'ScriptAccepted',
      'PostUpgradeCompleted',
    ]);
  });

  it('fails when the script fails', async () => {
    const scene = await StageScene.at('PostUpgradePending', { profile: SCRIPTED });
    scene.lagoon.script.endAtOnce = 'failed';
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[3]).toMatchObject({
      type: 'PostUpgradeFailed',
      data: { reason: 'post-upgrade-script', retryable: true },
    });
  });

  it('fails when Lagoon refuses the task', async () => {
    const scene = await StageScene.at('PostUpgradePending', { profile: SCRIPTED });
    const reason = 'Tasks have been disabled for this project';
    scene.lagoon.script.answerNext({
      kind: 'refused',
      cause: 'disabled',
      reason,
      retryable: false,
    });
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[2]).toMatchObject({
      type: 'PostUpgradeFailed',
      data: {
        reason: 'script-refused',
        evidence: { cause: 'disabled', detail: reason },
        retryable: false,
      },
    });
  });

  it('does nothing when the instance has moved on', async () => {
    const scene = await StageScene.at('PostUpgradePending');
    await scene.handle(stageOf(scene));
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual(['PostUpgradeStarted', 'PostUpgradeCompleted']);
  });
});
