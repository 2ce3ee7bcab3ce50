import type { InstanceEventOf, WorkerCommand, WorkOrder } from '@uplift/domain';
import { markerOf, scriptMarkerOf } from '@uplift/domain';
import { SingleLagoonCore } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { StageScene } from '../../../testing/stage-scene';
import { LateOutcomeLookups } from './late-outcome-lookups';
import { LateOutcomeStage } from './late-outcome.stage';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const SCRIPT = {
  strategy: 'script',
  target: { script: { service: 'cli', command: 'x' } },
} as const;

type Evidence = InstanceEventOf<'UpgradeFailed'>['data']['evidence'];
/** What happens a time after the deadline, in ms; the times grow. */
type Later = readonly (readonly [afterMs: number, happens: () => unknown])[];

/** A stage whose time passes only while it waits. */
class LateWatch {
  private now: number;
  readonly stage: LateOutcomeStage;

  constructor(
    private readonly scene: StageScene,
    private later: Later = [],
    patienceMs = 1_000 * HOUR,
  ) {
    this.now = this.deadline;
    const wait = (ms: number) => this.pass(ms);
    this.stage = new LateOutcomeStage(new LateOutcomeLookups(scene.cores, 0), {
      intervalMs: 300 * SECOND,
      windowMs: 24 * HOUR,
      attemptMs: 12 * HOUR,
      patienceMs,
      now: () => this.now,
      wait,
    });
  }

  get deadline(): number {
    return Date.parse(this.scene.openingEvent.recordedAt);
  }

  get passedMs(): number {
    return this.now - this.deadline;
  }

  run(deliveryCount = 1) {
    return this.scene.handle(this.stage, deliveryCount);
  }

  private async pass(ms: number): Promise<void> {
    this.now += ms;
    for (const [afterMs, happens] of this.later) if (afterMs <= this.passedMs) await happens();
    this.later = this.later.filter(([afterMs]) => afterMs > this.passedMs);
  }
}

describe('a deployment that was given up', () => {
  it('is taken up again if it was complete a second before the deadline', async () => {
    const scene = await StageScene.at('DeploymentAccepted');
    endBuild(scene);
    await giveUp(scene);
    const watch = new LateWatch(scene);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBe(0);
    expect(await scene.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is no late outcome if it is seen complete before the deadline', async () => {
    const scene = await StageScene.at('DeploymentAccepted');
    endBuild(scene);
    const { deployment } = await scene.cursor();
    const buildName = deployment?.buildName ?? '';
    const times = { warnings: false, queuedMs: null, buildMs: null };
    await submit(scene, {
      type: 'CompleteUpgrade',
      data: { ...idsOf(scene), buildName, ...times },
    });
    await submit(scene, timeOut(scene));
    expect(await scene.types()).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });

  it.each([
    ['at the deadline', 0],
    ['a second after it', SECOND],
    ['an hour after it', HOUR],
    ['a day after it', 24 * HOUR - 600 * SECOND],
  ])('is taken up where it was left, with time for the rest: complete %s', async (_, afterMs) => {
    const scene = await givenUp();
    const watch = new LateWatch(scene, [[afterMs, () => endBuild(scene)]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeLessThan(afterMs + 340 * SECOND);
    const deadlineAt = new Date(watch.deadline + watch.passedMs + 12 * HOUR).toISOString();
    expect(await scene.appended()).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'complete' } },
      { type: 'PostUpgradePending', data: { workOrder: { attempt: 1, deadlineAt } } },
    ]);
    expect(scene.mutations).toEqual([]);
  });

  it.each(['failed', 'cancelled'])(
    'stays given up, with the reason known, if it %s',
    async (end) => {
      const scene = await givenUp();
      await new LateWatch(scene, [[HOUR, () => endBuild(scene, end)]]).run();
      expect(await scene.appended()).toMatchObject([
        { type: 'LateOutcomeObserved', data: { status: end } },
      ]);
    },
  );

  it('is found although its name was never known', async () => {
    const scene = await StageScene.at('DeploymentRequested');
    const { environmentId } = scene.lagoon.script.place(scene.target);
    const unknown = { buildName: null, evidence: { lookUps: 2 } };
    await submit(scene, { type: 'DeclareOutcomeUnknown', data: { ...idsOf(scene), ...unknown } });
    await scene.openWithNewest();
    const land = async () => {
      const request = { environmentId, bulkName: scene.marker };
      await scene.lagoon.deployLatest(request, new AbortController().signal);
      endBuild(scene);
    };
    await new LateWatch(scene, [[HOUR, land]]).run();
    expect(await scene.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is known by the newest of its builds that ended, and only when none goes on', async () => {
    const scene = await givenUp();
    const [first] = buildsOf(scene);
    scene.lagoon.script.duplicateBuild(first?.name ?? '');
    const { script } = scene.lagoon;
    const watch = new LateWatch(scene, [
      [HOUR, () => script.setBuild(first?.name ?? '', { status: 'complete' })],
      [2 * HOUR, () => endBuild(scene, 'cancelled')],
    ]);
    await watch.run();
    expect(watch.passedMs).toBeGreaterThan(2 * HOUR);
    expect(await scene.appended()).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'complete', buildName: first?.name } },
      { type: 'PostUpgradePending' },
    ]);
  });

  it('is not taken for somebody else’s', async () => {
    const scene = await givenUp();
    const foreign = scene.lagoon.script.foreignBuild(scene.target);
    const { script } = scene.lagoon;
    const watch = new LateWatch(scene, [
      [HOUR, () => script.setBuild(foreign, { status: 'complete' })],
      [2 * HOUR, () => endBuild(scene, 'failed')],
    ]);
    await watch.run();
    expect(watch.passedMs).toBeGreaterThan(2 * HOUR);
    const [ours] = buildsOf(scene);
    expect(await scene.appended()).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'failed', buildName: ours?.name } },
    ]);
  });

  it('is forgotten in silence a day later', async () => {
    const scene = await givenUp();
    const watch = new LateWatch(scene);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeGreaterThan(24 * HOUR);
    expect(await scene.types()).toEqual([]);
    scene.lagoon.calls.length = 0;
    await watch.run(2);
    expect(scene.lagoon.calls).toEqual([]);
  });

  it('goes back to the bus after a while, and is looked for again', async () => {
    const scene = await givenUp();
    expect(await new LateWatch(scene, [], HOUR).run()).toMatchObject({ kind: 'retry' });
    endBuild(scene);
    await new LateWatch(scene).run(2);
    expect(await scene.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is looked for again after Lagoon was away', async () => {
    const scene = await givenUp();
    scene.lagoon.script.unavailable = true;
    const back = () => {
      scene.lagoon.script.unavailable = false;
      endBuild(scene);
    };
    expect(await new LateWatch(scene, [[HOUR, back]]).run()).toEqual({ kind: 'done' });
    expect(await scene.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is left alone as soon as an operator tries again', async () => {
    const scene = await givenUp();
    const { workOrder } = await scene.cursor();
    const data = { requestedBy: 'operator-7', reason: 'again', fromStage: 'upgrade' } as const;
    const retried = { ...data, workOrder: { ...workOrder, attempt: 2 } };
    const retry = () => scene.append({ type: 'UpgradeRetried', data: retried });
    const watch = new LateWatch(scene, [[HOUR, retry]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeLessThan(HOUR + 340 * SECOND);
    expect(await scene.types()).toEqual(['UpgradeRetried']);
  });

  it('is left alone although a later try was given up as well: that has a watch of its own', async () => {
    const scene = await givenUp();
    const { workOrder } = await scene.cursor();
    const data = { requestedBy: 'operator-7', reason: 'again', fromStage: 'upgrade' } as const;
    const failure = { reason: 'outcome-unknown', evidence: {}, retryable: false };
    const again = () =>
      scene.append(
        { type: 'UpgradeRetried', data: { ...data, workOrder: { ...workOrder, attempt: 2 } } },
        { type: 'UpgradeFailed', data: { ...idsOf(scene), attempt: 2, ...failure } },
      );
    const watch = new LateWatch(scene, [[HOUR, again]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeLessThan(HOUR + 340 * SECOND);
  });

  it('needs no look any more once its upgrade went on to the end', async () => {
    const scene = await givenUp();
    endBuild(scene);
    await new LateWatch(scene).run();
    const { workOrder } = await scene.cursor();
    const ids = idsOf(scene);
    await scene.append(
      { type: 'PostUpgradeStarted', data: { ...ids, worker: 'w' } },
      { type: 'PostUpgradeCompleted', data: { workOrder, task: null } },
      {
        type: 'InstanceVerifiedHealthy',
        data: { ...ids, status: 'running-healthy-claimed', probes: [] },
      },
    );
    scene.lagoon.calls.length = 0;
    await new LateWatch(scene).run(2);
    expect(scene.lagoon.calls).toEqual([]);
  });

  it('is looked for as a task if it was a script', async () => {
    const scene = await StageScene.at('UpgradePending', SCRIPT);
    const { environmentId } = scene.lagoon.script.place(scene.target);
    const name = scriptMarkerOf(scene.order, 'upgrade');
    const request = { environmentId, name, ...SCRIPT.target.script };
    await scene.lagoon.addTask(request, new AbortController().signal);
    await fail(scene, 'outcome-unknown', { status: 'upgrade-running' });
    const complete = () => scene.lagoon.script.endTasks(scene.target);
    await new LateWatch(scene, [[HOUR, complete]]).run();
    expect(await scene.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it.each([
    ['deployment-failed', {}],
    ['deployment-cancelled', {}],
    ['call-refused', { status: 'upgrade-running' }],
    ['stage-timed-out', { status: 'pending-upgrade' }],
  ])('asks Lagoon for nothing after %s %o', async (reason, evidence: Evidence) => {
    const scene = await StageScene.at('UpgradePending');
    await fail(scene, reason, evidence);
    expect(await new LateWatch(scene).run()).toEqual({ kind: 'done' });
    expect(scene.lagoon.calls).toEqual([]);
    expect(await scene.types()).toEqual([]);
  });
});

describe('many deployments that were given up', () => {
  it('share their requests', async () => {
    const lagoon = new InMemoryLagoon();
    const lookups = new LateOutcomeLookups(new SingleLagoonCore(unguardedCore(lagoon)), 0);
    const wanted = Array.from({ length: 30 }, (_, n) => {
      const { environmentId } = lagoon.script.place({ project: `p${n}`, environment: 'main' });
      return { upgradeId: `u${n}`, attempt: 1, environmentId };
    });
    const found = await Promise.all(
      wanted.map(({ upgradeId, attempt, environmentId }) => {
        const marker = markerOf({ upgradeId, attempt });
        const place = { core: 'eu-1', environmentId, effect: 'deployment', marker } as const;
        const { signal } = new AbortController();
        return lookups.tracesOf({ upgradeId, attempt, ...place }, signal);
      }),
    );
    expect(found).toEqual(wanted.map(() => []));
    expect(lagoon.calls).toHaveLength(1);
  });
});

const idsOf = ({ order: { upgradeId, attempt } }: StageScene) => ({ upgradeId, attempt });
const buildsOf = ({ lagoon, target }: StageScene) => lagoon.script.find(target)?.deployments ?? [];

function endBuild({ lagoon, target }: StageScene, status = 'complete'): void {
  lagoon.script.endBuilds(target, status);
}

function timeOut(scene: StageScene): WorkerCommand {
  const seen = { seenStatus: 'upgrade-running', stage: 'poll-upgrade' } as const;
  const limit = { since: scene.openingEvent.recordedAt, limitMs: 7 * HOUR };
  return { type: 'TimeOutStage', data: { ...idsOf(scene), ...seen, ...limit } };
}

/** What another worker reports. */
async function submit(scene: StageScene, command: WorkerCommand): Promise<void> {
  await (await scene.cursor()).submit(command);
}

async function giveUp(scene: StageScene): Promise<void> {
  await submit(scene, timeOut(scene));
  await scene.openWithNewest();
}

async function givenUp(changes: Partial<WorkOrder> = {}): Promise<StageScene> {
  const scene = await StageScene.at('DeploymentAccepted', changes);
  await giveUp(scene);
  return scene;
}

async function fail(scene: StageScene, reason: string, evidence: Evidence): Promise<void> {
  const failure = { reason, evidence, retryable: true };
  await submit(scene, { type: 'FailUpgrade', data: { ...idsOf(scene), ...failure } });
  await scene.openWithNewest();
}
