import type { InstanceEventType, WorkerCommand, WorkOrder } from '@uplift/domain';
import { decide, markerOf, scriptMarkerOf } from '@uplift/domain';
import type { BuildTarget } from '@uplift/lagoon';
import { StageScene } from '../../../testing/stage-scene';
import { CancelStage } from './cancel.stage';

const QUIET = { info: () => undefined };
const BY_HAND = { requestedBy: 'operator-7', reason: 'wrong release' };
const SCRIPT = {
  strategy: 'script',
  target: { script: { service: 'cli', command: 'x' } },
} as const;

/** What happens while the stage waits, one by one; then the upgrade is over. */
type Meanwhile = (() => Promise<unknown> | void)[];

const stageOf = (scene: StageScene, meanwhile: Meanwhile = []) => {
  const wait = async () => {
    const next = meanwhile.shift() ?? (() => confirm(scene));
    await next();
  };
  return new CancelStage(scene.cores, { intervalMs: 10, wait }, QUIET);
};

describe('the cancel of an upgrade', () => {
  it('stops the build, and leaves it to others to say what came of it', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    expect(await scene.handle(stageOf(scene))).toEqual({ kind: 'done' });
    const [build] = buildsOf(scene);
    expect(cancels(scene)).toEqual([build?.name]);
    expect(build?.status).toBe('cancelled');
    expect(await scene.types()).toEqual(['DeploymentCancelled']);
  });

  it.each([
    'UpgradeRequested',
    'PreUpgradeStarted',
    'UpgradePending',
    'UpgradeCompleted',
    'PostUpgradePending',
    'PostUpgradeStarted',
    'PostUpgradeCompleted',
  ] as const)('asks Lagoon for nothing after %s', async (type) => {
    const scene = await cancelledAt(type);
    expect(await scene.handle(stageOf(scene))).toEqual({ kind: 'done' });
    expect(scene.lagoon.calls).toEqual([]);
    expect(await scene.types()).toEqual([]);
  });

  it('leaves no intent behind if it is faster than the intent', async () => {
    const scene = await StageScene.at('UpgradePending');
    const cursor = await scene.cursor();
    scene.store.beforeNextAppend = () => cancelByHand(scene);
    const start = { ...idsOf(scene), worker: 'w', bulkId: null };
    expect(await cursor.submit({ type: 'StartUpgrade', data: start })).toBe('not-due');
    expect(await scene.types()).toEqual(['UpgradeCancelRequested', 'UpgradeCancelled']);
  });

  it('stops what was begun if the intent is faster', async () => {
    const scene = await StageScene.at('UpgradePending');
    const start = { ...idsOf(scene), worker: 'w', bulkId: null };
    await submit(scene, { type: 'StartUpgrade', data: start });
    await cancelByHand(scene);
    expect(await scene.types()).toEqual([
      'UpgradeStarted',
      'DeploymentRequested',
      'UpgradeCancelRequested',
    ]);
  });

  it('asks again as long as the build goes on, and once it has ended not any more', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    const ambiguous = { kind: 'ambiguous', evidence: 'no answer' } as const;
    scene.lagoon.script.answerNext(ambiguous);
    const stage = stageOf(scene, [
      () => scene.lagoon.script.answerNext({ ...ambiguous, evidence: 'HTTP 504' }),
      nothing,
      nothing,
      nothing,
    ]);
    await scene.handle(stage);
    expect(cancels(scene)).toHaveLength(3);
    expect(asked(scene, 'deploymentsOf')).toHaveLength(4);
  });

  it('takes a refusal for no answer to the question', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    scene.lagoon.script.answerNext({
      kind: 'refused',
      cause: 'permission',
      reason: 'Unauthorized',
      retryable: true,
    });
    await scene.handle(stageOf(scene, [nothing]));
    expect(cancels(scene)).toHaveLength(2);
    expect(await scene.types()).toEqual(['DeploymentCancelled']);
  });

  it('asks for a build that Lagoon does not show yet', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    const [build] = buildsOf(scene);
    scene.lagoon.script.removeBuild(build?.name ?? '');
    await scene.handle(stageOf(scene));
    expect(cancels(scene)).toEqual([build?.name]);
  });

  it('stops every build of the attempt, and nobody else’s', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    const [build] = buildsOf(scene);
    const twin = scene.lagoon.script.duplicateBuild(build?.name ?? '');
    const foreign = scene.lagoon.script.foreignBuild(scene.target);
    await scene.handle(stageOf(scene));
    expect(new Set(cancels(scene))).toEqual(new Set([build?.name, twin]));
    const untouched = buildsOf(scene).find(({ name }) => name === foreign);
    expect(untouched?.status).toBe('running');
  });

  it('leaves a build alone that was complete before the cancel came: it comes too late', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    scene.lagoon.script.endBuilds(scene.target, 'complete');
    await scene.handle(stageOf(scene, [() => complete(scene)]));
    expect(cancels(scene)).toEqual([]);
    expect((await scene.types()).slice(0, 2)).toEqual(['UpgradeCancelTooLate', 'UpgradeCompleted']);
  });

  it('asks no more of a build that completes in spite of the cancel', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    scene.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'success' });
    const stage = stageOf(scene, [
      () => scene.lagoon.script.endBuilds(scene.target, 'complete'),
      () => complete(scene),
    ]);
    await scene.handle(stage);
    expect(cancels(scene)).toHaveLength(1);
    expect((await scene.types()).slice(0, 2)).toEqual(['UpgradeCancelTooLate', 'UpgradeCompleted']);
  });

  it('is over as soon as the stop is confirmed', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    const fail = () => Promise.reject(new Error('it still waits'));
    expect(await scene.handle(stageOf(scene, [() => confirm(scene), fail]))).toEqual({
      kind: 'done',
    });
    expect(await scene.types()).toEqual(['DeploymentCancelled']);
  });

  describe('while nobody knows what became of the call', () => {
    it('waits without asking Lagoon, and stops the build when it is found', async () => {
      const scene = await cancelledAt('DeploymentRequested');
      const environmentId = scene.lagoon.script.find(scene.target)?.facts.environmentId ?? 0;
      const land = async () => {
        const request = { environmentId, bulkName: scene.marker };
        const answer = await scene.lagoon.deployLatest(request, new AbortController().signal);
        const buildName = answer.kind === 'accepted' ? answer.buildName : '';
        scene.lagoon.calls.length = 0;
        await submit(scene, { type: 'AcceptDeployment', data: { ...idsOf(scene), buildName } });
      };
      await scene.handle(stageOf(scene, [nothing, nothing, land, () => confirm(scene)]));
      expect(cancels(scene)).toEqual([buildsOf(scene)[0]?.name]);
      expect(await scene.types()).toEqual(['DeploymentAccepted', 'DeploymentCancelled']);
    });

    it('has nothing to do if the call did not land', async () => {
      const scene = await cancelledAt('DeploymentRequested');
      const notLanded = () => {
        const call = { marker: scene.marker, callNo: 1, evidence: {}, worker: 'predecessor' };
        return submit(scene, { type: 'RepeatCall', data: { ...idsOf(scene), ...call } });
      };
      await scene.handle(stageOf(scene, [nothing, notLanded]));
      expect(scene.lagoon.calls).toEqual([]);
      expect(await scene.types()).toEqual(['CallNotLanded', 'UpgradeCancelled']);
    });
  });

  describe('of a script', () => {
    it('stops its task', async () => {
      const { scene, taskId } = await cancelledScript();
      await scene.handle(stageOf(scene));
      expect(scene.lagoon.calls.map(({ operation }) => operation)).toContain('cancelTask');
      expect(scene.lagoon.script.taskById(taskId)?.status).toBe('cancelled');
    });

    it('leaves a task alone that has ended: Lagoon would forget how', async () => {
      const { scene, taskId } = await cancelledScript();
      scene.lagoon.script.endTasks(scene.target, 'complete');
      await scene.handle(stageOf(scene));
      expect(scene.lagoon.calls.map(({ operation }) => operation)).toEqual(['taskById']);
      expect(scene.lagoon.script.taskById(taskId)?.status).toBe('complete');
    });
  });

  it('comes again later while Lagoon is away', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    scene.lagoon.script.unavailable = true;
    expect(await scene.handle(stageOf(scene))).toMatchObject({ kind: 'retry' });
    scene.lagoon.script.unavailable = false;
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(cancels(scene)).toHaveLength(1);
  });

  it('leaves a newer attempt of the same upgrade alone', async () => {
    const scene = await cancelledAt('DeploymentAccepted');
    const { workOrder: order, deployment } = await scene.cursor();
    const opening = scene.openingEvent;
    const workOrder = { ...order, attempt: 2 };
    const started = { upgradeId: order.upgradeId, attempt: 2, worker: 'predecessor' };
    const requested = { ...started, callNo: 1, marker: markerOf(workOrder), bulkId: null };
    const failure = { reason: 'deployment-failed', evidence: {}, retryable: true };
    await submit(scene, { type: 'FailUpgrade', data: { ...idsOf(scene), ...failure } });
    await scene.append(
      { type: 'UpgradeRetried', data: { workOrder, ...BY_HAND, fromStage: 'upgrade' } },
      { type: 'UpgradeStarted', data: started },
      { type: 'DeploymentRequested', data: requested },
      {
        type: 'DeploymentAccepted',
        data: { workOrder, callNo: 1, buildName: deployment?.buildName ?? '' },
      },
    );
    await scene.runner.handle(stageOf(scene), scene.delivery(1, opening));
    expect(scene.lagoon.calls).toEqual([]);
  });
});

const nothing = () => undefined;
const idsOf = ({ order: { upgradeId, attempt } }: StageScene) => ({ upgradeId, attempt });
const buildsOf = ({ lagoon, target }: StageScene) => lagoon.script.find(target)?.deployments ?? [];

async function cancelledAt(type: InstanceEventType, changes: Partial<WorkOrder> = {}) {
  const scene = await StageScene.at(type, changes);
  await scene.openWith({
    type: 'UpgradeCancelRequested',
    data: { ...idsOf(scene), ...BY_HAND },
  });
  return scene;
}

/** As the operator's door does it. */
async function cancelByHand(scene: StageScene): Promise<void> {
  const { state } = await scene.history.load(scene.instanceId);
  const { upgradeId } = idsOf(scene);
  const command = { type: 'CancelUpgrade', data: { upgradeId, ...BY_HAND } } as const;
  await scene.append(...decide(command, state));
}

async function cancelledScript() {
  const scene = await StageScene.at('UpgradePending', SCRIPT);
  const worker = 'predecessor';
  const name = scriptMarkerOf(scene.order, 'upgrade');
  const environmentId = scene.lagoon.script.find(scene.target)?.facts.environmentId ?? 0;
  const request = { environmentId, name, ...SCRIPT.target.script };
  const answer = await scene.lagoon.addTask(request, new AbortController().signal);
  const taskId = answer.kind === 'accepted' ? answer.taskId : 0;
  const call = { ...idsOf(scene), step: 'upgrade', callNo: 1 } as const;
  await scene.openWith(
    { type: 'UpgradeStarted', data: { ...idsOf(scene), worker } },
    { type: 'ScriptRequested', data: { ...call, marker: name, worker } },
    { type: 'ScriptAccepted', data: { ...call, task: { taskId, taskName: 'lagoon-task-1' } } },
    { type: 'UpgradeCancelRequested', data: { ...idsOf(scene), ...BY_HAND } },
  );
  return { scene, taskId };
}

/** What another worker reports. */
async function submit(scene: StageScene, command: WorkerCommand): Promise<void> {
  await (await scene.cursor()).submit(command);
}

async function confirm(scene: StageScene): Promise<void> {
  const { deployment, upgrading } = await scene.cursor();
  const buildName = deployment?.buildName ?? upgrading?.task?.taskName ?? null;
  await submit(scene, { type: 'ConfirmCancel', data: { ...idsOf(scene), buildName } });
}

async function complete(scene: StageScene): Promise<void> {
  const { deployment } = await scene.cursor();
  const buildName = deployment?.buildName ?? '';
  const times = { warnings: false, queuedMs: null, buildMs: null };
  await submit(scene, { type: 'CompleteUpgrade', data: { ...idsOf(scene), buildName, ...times } });
}

function asked({ lagoon }: StageScene, operation: string) {
  return lagoon.calls.filter((call) => call.operation === operation);
}

function cancels(scene: StageScene): unknown[] {
  const targets = asked(scene, 'cancelDeployment').map(({ input }) => input as BuildTarget);
  return targets.map(({ buildName }) => buildName);
}
