import { OPEN_GATE } from '../../admission/admission-gate.port';
import type { EffectOptions } from '../../effects/effect-protocol';
import { protocolWith, scriptsOf, WORKER } from '../../testing/effect-kit';
import { StageScene } from '../../testing/stage-scene';
import { UpgradeScript } from './upgrade-script';
import { UpgradeStage } from './upgrade.stage';

const AMBIGUOUS = { kind: 'ambiguous', evidence: 'HTTP 504' } as const;
const NOT_SENT = {
  kind: 'refused',
  cause: 'not-sent',
  reason: 'connection refused',
  retryable: true,
} as const;
const NO_PERMISSION = {
  kind: 'refused',
  cause: 'permission',
  reason: 'no permission',
  retryable: true,
} as const;
const EXPIRED = {
  kind: 'refused',
  cause: 'unauthenticated',
  reason: 'the token was not accepted',
  retryable: true,
} as const;
const INTENT = ['UpgradeStarted', 'DeploymentRequested'];

const stageOf = (scene: StageScene, changes: Partial<EffectOptions> = {}) =>
  new UpgradeStage(
    {
      cores: scene.cores,
      gate: OPEN_GATE,
      protocol: protocolWith(changes),
      script: new UpgradeScript(scriptsOf(scene), WORKER),
    },
    { worker: WORKER, timeoutMs: 20_000, concurrency: 8 },
  );
const builds = ({ lagoon }: StageScene) => lagoon.script.allDeployments();
const attemptOf = ({ order: { upgradeId, attempt } }: StageScene) => ({ upgradeId, attempt });
const intentOf = ({ order: { upgradeId, attempt }, marker }: StageScene) => {
  const started = { upgradeId, attempt, worker: 'other' };
  return [
    { type: 'UpgradeStarted', data: started },
    { type: 'DeploymentRequested', data: { ...started, callNo: 1, marker, bulkId: null } },
  ] as const;
};

describe('the upgrade stage', () => {
  it('writes the intent, calls once, records the build', async () => {
    const scene = await StageScene.at('UpgradePending');
    expect(await scene.handle(stageOf(scene))).toEqual({ kind: 'done' });
    const [, intent, accepted] = await scene.appended();
    expect(await scene.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(intent).toMatchObject({ data: { callNo: 1, marker: scene.marker, worker: 'w' } });
    expect(accepted).toMatchObject({ data: { buildName: builds(scene)[0]?.name, callNo: 1 } });
    expect(builds(scene)).toMatchObject([{ bulkName: scene.marker }]);
    expect(scene.lagoon.calls).toHaveLength(1);
  });

  it('builds the named ref when the order has one', async () => {
    const scene = await StageScene.at('UpgradePending', {
      strategy: 'branch-ref',
      target: { ref: 'v2' },
    });
    await scene.handle(stageOf(scene));
    expect(scene.lagoon.calls[0]).toMatchObject({
      operation: 'deployBranch',
      input: { project: 'shop', branchName: 'main', branchRef: 'v2', bulkName: scene.marker },
    });
  });

  it('does not call before the intent is stored', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.store.faults.push('lost', 'lost', 'lost', 'lost', 'lost');
    expect(await scene.handle(stageOf(scene))).toMatchObject({ kind: 'retry' });
    expect(scene.lagoon.calls).toEqual([]);
  });

  it('fails with the cause when Lagoon refuses', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext({
      kind: 'refused',
      cause: 'quota',
      reason: 'exceed environment quota',
      retryable: false,
    });
    await scene.handle(stageOf(scene));
    expect((await scene.appended())[2]).toMatchObject({
      type: 'UpgradeFailed',
      data: {
        reason: 'deployment-refused',
        evidence: { cause: 'quota', detail: 'exceed environment quota' },
        retryable: false,
      },
    });
    expect(builds(scene)).toEqual([]);
  });

  it('adopts the build of a call whose answer was lost', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext(AMBIGUOUS, { lands: true });
    await scene.handle(stageOf(scene));
    expect(await scene.types()).toEqual([...INTENT, 'CallAmbiguous', 'DeploymentAccepted']);
    expect((await scene.appended())[2]).toMatchObject({
      data: { evidence: { shape: 'HTTP 504' } },
    });
    expect(scene.mutations).toEqual(['deployLatest']);
  });

  it('calls a second time after proof that the first did not land', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext(AMBIGUOUS);
    await scene.handle(stageOf(scene));
    expect(await scene.types()).toEqual([
      ...INTENT,
      'CallAmbiguous',
      'CallNotLanded',
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
    expect((await scene.appended())[4]).toMatchObject({ data: { callNo: 2 } });
    expect(builds(scene)).toHaveLength(1);
  });

  it('never calls a third time: the outcome is unknown then', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext(AMBIGUOUS);
    scene.lagoon.script.answerNext(AMBIGUOUS);
    await scene.handle(stageOf(scene));
    expect((await scene.types()).slice(5)).toEqual([
      'CallAmbiguous',
      'CallNotLanded',
      'OutcomeUnknown',
      'UpgradeFailed',
    ]);
    expect(scene.mutations).toEqual(['deployLatest', 'deployLatest']);
    expect((await scene.appended()).at(-1)).toMatchObject({
      data: { reason: 'outcome-unknown', retryable: false },
    });
  });

  it('does not take a failed look-up for "not found"', async () => {
    const scene = await StageScene.at('UpgradePending');
    await scene.append(...intentOf(scene));
    scene.lagoon.script.unavailable = true;
    expect(await scene.handle(stageOf(scene), 2)).toMatchObject({ kind: 'retry' });
    expect(await scene.types()).toEqual(INTENT);
    expect(scene.mutations).toEqual([]);
  });

  it('tries again within the lease what surely was not sent', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext(NOT_SENT);
    await scene.handle(stageOf(scene));
    expect(await scene.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(builds(scene)).toHaveLength(1);
  });

  it('does not call under an intent whose lease is over: it says so, and asks anew', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.store.beforeNextAppend = () => Promise.resolve(freeze(60));
    await scene.handle(stageOf(scene, { leaseMs: 50 }));
    expect(await scene.types()).toEqual([
      ...INTENT,
      'CallRefused',
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
    expect((await scene.appended())[2]).toMatchObject({
      data: { evidence: { cause: 'not-sent' } },
    });
    expect(scene.mutations).toEqual(['deployLatest']);
  });

  it('meets a permission text three times before it is believed', async () => {
    const scene = await StageScene.at('UpgradePending');
    for (let n = 0; n < 3; n += 1) scene.lagoon.script.answerNext(NO_PERMISSION);
    await scene.handle(stageOf(scene));
    expect(await scene.types()).toEqual([
      ...INTENT,
      'CallRefused',
      'DeploymentRequested',
      'CallRefused',
      'DeploymentRequested',
      'UpgradeFailed',
    ]);
    expect((await scene.appended()).at(-1)).toMatchObject({
      data: { reason: 'deployment-refused', evidence: { cause: 'permission' }, retryable: true },
    });
    expect(builds(scene)).toEqual([]);
  });

  it('calls soon after what was never sent, also when another turn was told so', async () => {
    const scene = await StageScene.at('UpgradePending');
    const refusal = { ...attemptOf(scene), callNo: 1, evidence: { cause: 'not-sent' } };
    await scene.append(...intentOf(scene), { type: 'CallRefused', data: refusal });
    await scene.handle(stageOf(scene, { permissionPauseMs: 3_600_000 }), 2);
    expect((await scene.types()).slice(-2)).toEqual(['DeploymentRequested', 'DeploymentAccepted']);
    expect(builds(scene)).toHaveLength(1);
  });

  it('goes on when a permission text has passed', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext(NO_PERMISSION);
    await scene.handle(stageOf(scene));
    expect((await scene.types()).slice(-2)).toEqual(['DeploymentRequested', 'DeploymentAccepted']);
    expect(builds(scene)).toHaveLength(1);
  });

  it('calls once more in the same lease when the token was not accepted, and only once', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext(EXPIRED);
    await scene.handle(stageOf(scene));
    expect(await scene.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    const other = await StageScene.at('UpgradePending');
    for (let n = 0; n < 2; n += 1) other.lagoon.script.answerNext(EXPIRED);
    await other.handle(stageOf(other));
    expect(await other.types()).toEqual([...INTENT, 'UpgradeFailed']);
    expect((await other.appended())[2]).toMatchObject({
      data: { evidence: { cause: 'unauthenticated' }, retryable: true },
    });
  });

  it('begins nothing while the core is away, and says why', async () => {
    const scene = await StageScene.at('UpgradePending');
    const since = Date.parse('2026-03-01T10:00:00.000Z');
    scene.openBreaker(since);
    expect(await scene.handle(stageOf(scene))).toMatchObject({ kind: 'retry' });
    expect(await scene.handle(stageOf(scene), 2)).toMatchObject({ kind: 'retry' });
    expect(await scene.appended()).toMatchObject([
      {
        type: 'WaitingFor',
        data: { target: 'lagoon:eu-1', since: '2026-03-01T10:00:00.000Z', stage: 'upgrade' },
      },
    ]);
    scene.closeBreaker();
    expect(await scene.handle(stageOf(scene), 3)).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual([
      'WaitingFor',
      'WaitEnded',
      ...INTENT,
      'DeploymentAccepted',
    ]);
  });

  it('asks for nothing any more once a cancel is accepted', async () => {
    const scene = await StageScene.at('UpgradePending');
    await scene.append(...intentOf(scene), {
      type: 'UpgradeCancelRequested',
      data: { ...attemptOf(scene), requestedBy: 'operator-7', reason: 'wrong release' },
    });
    await scene.handle(stageOf(scene), 2);
    expect((await scene.types()).slice(-2)).toEqual(['CallNotLanded', 'UpgradeCancelled']);
    expect(scene.mutations).toEqual([]);
  });

  it('reconciles the intent of a dead predecessor instead of calling', async () => {
    const scene = await StageScene.at('UpgradePending');
    await scene.append(...intentOf(scene));
    scene.lagoon.script.answerNext(AMBIGUOUS, { lands: true });
    const { environmentId } = scene.lagoon.script.place(scene.target);
    const request = { environmentId, bulkName: scene.marker };
    await scene.lagoon.deployLatest(request, scene.stopping.signal);
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(scene.mutations).toEqual(['deployLatest']);
  });

  it('calls Lagoon once when several handlings of one message run at once', async () => {
    const scene = await StageScene.at('UpgradePending');
    const stage = stageOf(scene, { settleWindowMs: 60_000 });
    const handled = await Promise.all([1, 1, 2].map((count) => scene.handle(stage, count)));
    expect(handled).toEqual([{ kind: 'done' }, { kind: 'done' }, { kind: 'done' }]);
    expect(await scene.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect(scene.mutations).toEqual(['deployLatest']);
  });

  it('does not call when the message comes again as new, as from a bus that was filled again', async () => {
    const scene = await StageScene.at('UpgradePending');
    const stage = stageOf(scene);
    await scene.handle(stage, 1);
    expect(await scene.handle(stage, 1)).toEqual({ kind: 'done' });
    expect(scene.mutations).toEqual(['deployLatest']);
    expect(await scene.types()).toEqual([...INTENT, 'DeploymentAccepted']);
  });

  it('records a worker woken after its instance failed as nothing', async () => {
    const scene = await StageScene.at('UpgradePending');
    scene.lagoon.script.answerNext(AMBIGUOUS);
    const stage = stageOf(scene, { settleWindowMs: 20 });
    const running = scene.handle(stage);
    await lookedUp(scene);
    const { upgradeId, attempt } = scene.order;
    const failure = {
      upgradeId,
      attempt,
      reason: 'stage-timed-out',
      evidence: {},
      retryable: true,
    };
    await scene.append({ type: 'UpgradeFailed', data: failure });
    expect(await running).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual([...INTENT, 'CallAmbiguous', 'UpgradeFailed']);
    expect(scene.mutations).toEqual(['deployLatest']);
  });

  it('records duplicates and adopts the newest', async () => {
    const scene = await StageScene.at('UpgradePending');
    await scene.append(...intentOf(scene));
    const { environmentId } = scene.lagoon.script.place(scene.target);
    const request = { environmentId, bulkName: scene.marker };
    for (let n = 0; n < 2; n += 1) await scene.lagoon.deployLatest(request, scene.stopping.signal);
    await scene.handle(stageOf(scene), 2);
    const [older, newer] = builds(scene).map(({ name }) => name);
    expect((await scene.appended()).slice(2)).toMatchObject([
      { type: 'DuplicateBuildDetected', data: { builds: [newer, older] } },
      { type: 'DeploymentAccepted', data: { buildName: newer } },
    ]);
  });
});

/** Stops this process for a while, timers with it. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Resolves at the first look-up of a build. */
async function lookedUp({ lagoon }: StageScene): Promise<void> {
  const { promise, resolve } = deferred();
  const deploymentsOf = lagoon.deploymentsOf.bind(lagoon);
  lagoon.deploymentsOf = (...args) => {
    resolve();
    return deploymentsOf(...args);
  };
  await promise;
}

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
