import { NamedLagoonCores } from '@uplift/lagoon';
import { SCRIPTED } from '../../testing/example-upgrade';
import { scriptsOf, WORKER } from '../../testing/effect-kit';
import { StageScene } from '../../testing/stage-scene';
import { PreUpgradeStage } from './pre-upgrade.stage';

const stageOf = (scene: StageScene) => new PreUpgradeStage(scene.cores, scriptsOf(scene), WORKER);
const SCRIPT = ['ScriptRequested', 'ScriptAccepted'];
const promoting = { strategy: 'promote', target: { sourceEnvironment: 'staging' } } as const;

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

  it('fails for good, with the rule, when a restriction forbids deployments', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const facts = { deploymentsDisabled: true, restriction: 'NO_DEPLOYMENTS' };
    scene.lagoon.script.place(scene.target, facts);
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'deployments-enabled', evidence: { detail: 'NO_DEPLOYMENTS' } },
    });
  });

  it('fails for good when the core of the instance is not configured', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const stage = new PreUpgradeStage(new NamedLagoonCores([]), scriptsOf(scene), WORKER);
    await scene.handle(stage);
    expect((await scene.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: {
        reason: 'core-configured',
        evidence: { detail: expect.stringContaining('eu-1') as string },
        retryable: false,
      },
    });
  });

  it('fails for good when the project has no environment to promote from', async () => {
    const scene = await StageScene.at('UpgradeRequested', promoting);
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'source-environment-exists', retryable: false },
    });
    const { project } = scene.target;
    const other = await StageScene.at('UpgradeRequested', promoting);
    other.lagoon.script.place({ project, environment: 'staging' });
    await other.handle(stageOf(other));
    expect(await other.types()).toContain('UpgradePending');
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
    expect(await scene.types()).toEqual([
      'PreUpgradeStarted',
      ...SCRIPT,
      'PreUpgradeCompleted',
      'UpgradePending',
    ]);
    expect((await scene.appended())[3]).toMatchObject({
      data: { task: { taskName: expect.stringMatching(/^lagoon-task-/) as string } },
    });
  });

  it('fails when the script fails', async () => {
    const scene = await StageScene.at('UpgradeRequested', { profile: SCRIPTED });
    scene.lagoon.script.endAtOnce = 'failed';
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[3]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'pre-upgrade-script', retryable: true },
    });
  });

  it('goes on where a dead predecessor stopped, without a second start or task', async () => {
    const scene = await StageScene.at('UpgradeRequested', { profile: SCRIPTED });
    scene.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'reset' }, { lands: true });
    const stage = new PreUpgradeStage(scene.cores, scriptsOf(scene, 0), WORKER);
    expect(await scene.handle(stage)).toMatchObject({ kind: 'retry' });
    scene.lagoon.script.endTasks(scene.target);
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual([
      'PreUpgradeStarted',
      'ScriptRequested',
      'CallAmbiguous',
      'ScriptAccepted',
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
    expect(await scene.types()).toHaveLength(5);
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
