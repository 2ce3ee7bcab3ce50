import { SCRIPTED } from '../../testing/example-upgrade';
import { scriptsOf, StageFixture, WORKER } from '../../testing/stage-fixture';
import { PostUpgradeStage } from './post-upgrade.stage';

const stageOf = (fixture: StageFixture) => new PostUpgradeStage(scriptsOf(fixture), WORKER);

describe('the post-upgrade stage', () => {
  it('hands over to the health check at once when there is no script', async () => {
    const fixture = await StageFixture.at('PostUpgradePending');
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    const [started, completed] = await fixture.appended();
    expect(started).toMatchObject({ type: 'PostUpgradeStarted', data: { worker: 'w' } });
    expect(completed).toMatchObject({ type: 'PostUpgradeCompleted', data: { task: null } });
    expect(fixture.lagoon.calls).toEqual([]);
    expect(fixture.store.appends).toBe(1);
  });

  it('runs the script as a task that carries the marker', async () => {
    const fixture = await StageFixture.at('PostUpgradePending', { profile: SCRIPTED });
    fixture.lagoon.script.endAtOnce = 'complete';
    await fixture.handle(stageOf(fixture));
    const [call] = fixture.lagoon.calls;
    expect(call).toMatchObject({ operation: 'addTask', input: { name: `${fixture.marker}-post` } });
    expect(await fixture.types()).toEqual([
      'PostUpgradeStarted',
      'ScriptRequested',
      'ScriptAccepted',
      'PostUpgradeCompleted',
    ]);
  });

  it('fails when the script fails', async () => {
    const fixture = await StageFixture.at('PostUpgradePending', { profile: SCRIPTED });
    fixture.lagoon.script.endAtOnce = 'failed';
    await fixture.handle(stageOf(fixture));
    expect((await fixture.appended())[3]).toMatchObject({
      type: 'PostUpgradeFailed',
      data: { reason: 'post-upgrade-script-failed', retryable: true },
    });
  });

  it('fails when Lagoon refuses the task', async () => {
    const fixture = await StageFixture.at('PostUpgradePending', { profile: SCRIPTED });
    const reason = 'Tasks have been disabled for this project';
    fixture.lagoon.script.answerNext({
      kind: 'refused',
      cause: 'disabled',
      reason,
      retryable: false,
    });
    await fixture.handle(stageOf(fixture));
    const evidence = { cause: 'disabled', detail: reason };
    expect((await fixture.appended()).slice(2)).toMatchObject([
      { type: 'CallRefused', data: { callNo: 1, evidence } },
      {
        type: 'PostUpgradeFailed',
        data: { reason: 'script-refused', evidence, retryable: false },
      },
    ]);
  });

  it('does nothing when the instance has moved on', async () => {
    const fixture = await StageFixture.at('PostUpgradePending');
    await fixture.handle(stageOf(fixture));
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['PostUpgradeStarted', 'PostUpgradeCompleted']);
  });
});
