import type { TaskScript } from '@uplift/domain';
import { PROFILE, SCRIPTED } from '../testing/example-upgrade';
import { protocolWith, scriptsOf, WORKER } from '../testing/effect-kit';
import { StageScene } from '../testing/stage-scene';
import { LongWaitError } from '../runner/long-wait.error';
import { ScriptRunner } from './script-runner';

const COMMAND: TaskScript = { service: 'cli', command: 'migrate' };
const REQUESTED = ['PostUpgradeStarted', 'ScriptRequested'];
const AMBIGUOUS = { kind: 'ambiguous', evidence: 'HTTP 504' } as const;

/** An instance whose post-upgrade step has just started, and what runs its script. */
async function startedScene() {
  const scene = await StageScene.at('PostUpgradePending', { profile: SCRIPTED });
  const { upgradeId, attempt } = scene.order;
  await scene.append({ type: 'PostUpgradeStarted', data: { upgradeId, attempt, worker: 'other' } });
  return scene;
}

async function run(scene: StageScene, runner = scriptsOf(scene), script: TaskScript = COMMAND) {
  const cursor = await scene.cursor();
  await cursor.reload();
  const order = cursor.workOrder;
  return runner.run(
    cursor,
    { order, step: 'post-upgrade', script, worker: WORKER },
    scene.stopping.signal,
  );
}

describe('a script run as a Lagoon task', () => {
  it('is asked for in the stream before it is added, and followed to its end', async () => {
    const scene = await startedScene();
    scene.lagoon.script.endAtOnce = 'complete';
    expect(await run(scene)).toMatchObject({ kind: 'complete' });
    expect(await scene.types()).toEqual([...REQUESTED, 'ScriptAccepted']);
    expect((await scene.appended())[1]).toMatchObject({
      data: { step: 'post-upgrade', callNo: 1, marker: `${scene.marker}-post`, worker: WORKER },
    });
    expect(scene.mutations).toEqual(['addTask']);
  });

  it('is found again by a successor, not added twice', async () => {
    const scene = await startedScene();
    await expect(run(scene, scriptsOf(scene, 0))).rejects.toThrow(LongWaitError);
    scene.lagoon.script.endTasks(scene.target);
    expect(await run(scene)).toMatchObject({ kind: 'complete' });
    expect(scene.mutations).toEqual(['addTask']);
  });

  it('is looked up by its name when the answer was lost', async () => {
    const scene = await startedScene();
    scene.lagoon.script.endAtOnce = 'complete';
    scene.lagoon.script.answerNext(AMBIGUOUS, { lands: true });
    expect(await run(scene)).toMatchObject({ kind: 'complete' });
    expect(await scene.types()).toEqual([...REQUESTED, 'CallAmbiguous', 'ScriptAccepted']);
    expect(scene.mutations).toEqual(['addTask']);
  });

  it('is added again after proof that the first call did not land, and never a third time', async () => {
    const scene = await startedScene();
    scene.lagoon.script.answerNext(AMBIGUOUS);
    scene.lagoon.script.answerNext(AMBIGUOUS);
    expect(await run(scene)).toEqual({ kind: 'gone' });
    expect(await scene.types()).toEqual([
      ...REQUESTED,
      'CallAmbiguous',
      'CallNotLanded',
      'ScriptRequested',
      'CallAmbiguous',
      'CallNotLanded',
      'OutcomeUnknown',
      'PostUpgradeFailed',
    ]);
    expect(scene.mutations).toEqual(['addTask', 'addTask']);
  });

  it('is not added by two at once', async () => {
    const scene = await startedScene();
    scene.lagoon.script.endAtOnce = 'complete';
    const patient = new ScriptRunner(scene.cores, protocolWith({ settleWindowMs: 60_000 }), {
      pollIntervalMs: 1,
      patienceMs: 10_000,
    });
    const outcomes = await Promise.all([run(scene, patient), run(scene, patient)]);
    expect(outcomes).toMatchObject([{ kind: 'complete' }, { kind: 'complete' }]);
    expect(scene.mutations).toEqual(['addTask']);
  });

  it.each([
    ['failed', { kind: 'failed', retryable: true }],
    ['cancelled', { kind: 'cancelled' }],
  ] as const)('that ends as %s says so', async (status, outcome) => {
    const scene = await startedScene();
    await expect(run(scene, scriptsOf(scene, 0))).rejects.toThrow(LongWaitError);
    scene.lagoon.script.endTasks(scene.target, status);
    expect(await run(scene)).toMatchObject(outcome);
  });
});

describe('a registered task', () => {
  const REGISTERED: TaskScript = { registeredTask: 'migrate' };

  it('is invoked by its name, with the marker', async () => {
    const scene = await startedScene();
    scene.lagoon.script.endAtOnce = 'complete';
    scene.lagoon.script.registerTask(scene.target, { name: 'migrate', takesMarker: true });
    expect(await run(scene, scriptsOf(scene), REGISTERED)).toMatchObject({ kind: 'complete' });
    const invoked = scene.lagoon.calls.find(
      ({ operation }) => operation === 'invokeRegisteredTask',
    );
    expect(invoked?.input).toMatchObject({ marker: `${scene.marker}-post` });
  });

  it('that is not there, or could not be found again, is refused before anything is asked for', async () => {
    const scene = await startedScene();
    const missing = await run(scene, scriptsOf(scene), REGISTERED);
    expect(missing).toMatchObject({
      kind: 'failed',
      reason: 'no task is registered as "migrate"',
      retryable: false,
    });
    scene.lagoon.script.registerTask(scene.target, { name: 'migrate', takesMarker: false });
    const unmarked = await run(scene, scriptsOf(scene), REGISTERED);
    expect(unmarked).toMatchObject({
      reason: expect.stringContaining('UPLIFT_MARKER') as string,
    });
    expect(await scene.types()).toEqual(['PostUpgradeStarted']);
  });
});

it('is refused where the environment was never located', async () => {
  const scene = await StageScene.at('UpgradeRequested', { profile: PROFILE });
  const cursor = await scene.cursor();
  const outcome = await scriptsOf(scene).run(
    cursor,
    { order: cursor.workOrder, step: 'pre-upgrade', script: COMMAND, worker: WORKER },
    scene.stopping.signal,
  );
  expect(outcome).toMatchObject({ kind: 'failed', retryable: false });
});
