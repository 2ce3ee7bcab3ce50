import type { FailureReason, InstanceEventOf, WorkerCommand, WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import { SingleLagoonCore } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { ORDER } from '../../testing/example-upgrade';
import { FastClock } from '../../testing/fast.clock';
import { HOUR, LateWatch, SECOND } from '../../testing/late-watch';
import { StageFixture } from '../../testing/stage-fixture';
import { LateOutcomeLookups } from './late-outcome-lookups';

type Evidence = InstanceEventOf<'UpgradeFailed'>['data']['evidence'];

const BY_HAND = { requestedBy: 'operator-7', reason: 'wrong release' };

describe('a deployment that was given up', () => {
  it('is taken up again if it was complete a second before the deadline', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted');
    endBuild(fixture);
    await giveUp(fixture);
    const watch = new LateWatch(fixture);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBe(0);
    expect(await fixture.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is no late outcome if it is seen complete before the deadline', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted');
    endBuild(fixture);
    await fixture.completeUpgrade();
    await fixture.submit(timeOut(fixture));
    expect(await fixture.types()).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });

  it.each([
    ['at the deadline', 0],
    ['a second after it', SECOND],
    ['an hour after it', HOUR],
    ['a day after it', 24 * HOUR - 600 * SECOND],
  ])('is taken up where it was left, with time for the rest: complete %s', async (_, afterMs) => {
    const fixture = await givenUp();
    const watch = new LateWatch(fixture, [[afterMs, () => endBuild(fixture)]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeLessThan(afterMs + 340 * SECOND);
    expect(await fixture.appended()).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'complete' } },
      { type: 'PostUpgradePending', data: { workOrder: { attempt: 1, attemptMs: 12 * HOUR } } },
    ]);
    expect(fixture.mutations).toEqual([]);
  });

  it.each(['failed', 'cancelled'])(
    'stays given up, with the reason known, if it %s',
    async (end) => {
      const fixture = await givenUp();
      await new LateWatch(fixture, [[HOUR, () => endBuild(fixture, end)]]).run();
      expect(await fixture.appended()).toMatchObject([
        { type: 'LateOutcomeObserved', data: { status: end } },
      ]);
    },
  );

  it('is found although its name was never known', async () => {
    const fixture = await StageFixture.at('DeploymentRequested');
    const { environmentId } = fixture.lagoon.script.place(fixture.target);
    const unknown = { buildName: null, evidence: { lookUps: 2 } };
    await fixture.submit({
      type: 'DeclareOutcomeUnknown',
      data: { ...fixture.ids, ...unknown },
    });
    await fixture.openWithNewest();
    const land = async () => {
      const request = { environmentId, bulkName: fixture.marker };
      await fixture.lagoon.deployLatest(request, new AbortController().signal);
      endBuild(fixture);
    };
    await new LateWatch(fixture, [[HOUR, land]]).run();
    expect(await fixture.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is known by the newest of its builds that ended, and only when none goes on', async () => {
    const fixture = await givenUp();
    const [first] = buildsOf(fixture);
    fixture.lagoon.script.duplicateBuild(first?.name ?? '');
    const { script } = fixture.lagoon;
    const watch = new LateWatch(fixture, [
      [HOUR, () => script.setBuild(first?.name ?? '', { status: 'complete' })],
      [2 * HOUR, () => endBuild(fixture, 'cancelled')],
    ]);
    await watch.run();
    expect(watch.passedMs).toBeGreaterThan(2 * HOUR);
    expect(await fixture.appended()).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'complete', buildName: first?.name } },
      { type: 'PostUpgradePending' },
    ]);
  });

  it('is not taken for somebody else’s', async () => {
    const fixture = await givenUp();
    const foreign = fixture.lagoon.script.foreignBuild(fixture.target);
    const { script } = fixture.lagoon;
    const watch = new LateWatch(fixture, [
      [HOUR, () => script.setBuild(foreign, { status: 'complete' })],
      [2 * HOUR, () => endBuild(fixture, 'failed')],
    ]);
    await watch.run();
    expect(watch.passedMs).toBeGreaterThan(2 * HOUR);
    const [ours] = buildsOf(fixture);
    expect(await fixture.appended()).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'failed', buildName: ours?.name } },
    ]);
  });

  it('is forgotten in silence a day later', async () => {
    const fixture = await givenUp();
    const watch = new LateWatch(fixture);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeGreaterThan(24 * HOUR);
    expect(await fixture.types()).toEqual([]);
    fixture.lagoon.calls.length = 0;
    await watch.run(2);
    expect(fixture.lagoon.calls).toEqual([]);
  });

  it('goes back to the bus after a while, and is looked for again', async () => {
    const fixture = await givenUp();
    expect(await new LateWatch(fixture, [], HOUR).run()).toMatchObject({ kind: 'retry' });
    endBuild(fixture);
    await new LateWatch(fixture).run(2);
    expect(await fixture.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is looked for again after Lagoon was away', async () => {
    const fixture = await givenUp();
    fixture.lagoon.script.unavailable = true;
    const back = () => {
      fixture.lagoon.script.unavailable = false;
      endBuild(fixture);
    };
    expect(await new LateWatch(fixture, [[HOUR, back]]).run()).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['LateOutcomeObserved', 'PostUpgradePending']);
  });

  it('is left alone as soon as an operator tries again', async () => {
    const fixture = await givenUp();
    const { workOrder } = await fixture.session();
    const data = { requestedBy: 'operator-7', reason: 'again', fromStage: 'upgrade' } as const;
    const retried = { ...data, workOrder: { ...workOrder, attempt: 2 } };
    const retry = () => fixture.append({ type: 'UpgradeRetried', data: retried });
    const watch = new LateWatch(fixture, [[HOUR, retry]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeLessThan(HOUR + 340 * SECOND);
    expect(await fixture.types()).toEqual(['UpgradeRetried']);
  });

  it('is left alone although a later try was given up as well: that has a watch of its own', async () => {
    const fixture = await givenUp();
    const { workOrder } = await fixture.session();
    const data = { requestedBy: 'operator-7', reason: 'again', fromStage: 'upgrade' } as const;
    const failure = { reason: 'outcome-unknown', evidence: {}, retryable: false };
    const again = () =>
      fixture.append(
        { type: 'UpgradeRetried', data: { ...data, workOrder: { ...workOrder, attempt: 2 } } },
        { type: 'UpgradeFailed', data: { ...fixture.ids, attempt: 2, ...failure } },
      );
    const watch = new LateWatch(fixture, [[HOUR, again]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeLessThan(HOUR + 340 * SECOND);
  });

  it('needs no look any more once its upgrade went on to the end', async () => {
    const fixture = await givenUp();
    endBuild(fixture);
    await new LateWatch(fixture).run();
    const { workOrder } = await fixture.session();
    const ids = fixture.ids;
    await fixture.append(
      { type: 'PostUpgradeStarted', data: { ...ids, worker: 'w' } },
      { type: 'PostUpgradeCompleted', data: { workOrder, task: null } },
      {
        type: 'InstanceVerifiedHealthy',
        data: { ...ids, status: 'running-healthy-claimed', probes: [] },
      },
    );
    fixture.lagoon.calls.length = 0;
    await new LateWatch(fixture).run(2);
    expect(fixture.lagoon.calls).toEqual([]);
  });

  it('that never came is known to have had no effect when the watch ends, and not before', async () => {
    const fixture = await StageFixture.at('DeploymentRequested');
    await fixture.submit(timeOut(fixture));
    await fixture.openWithNewest();
    const seen: string[][] = [];
    const look = async () => seen.push(await fixture.types());
    const watch = new LateWatch(fixture, [[23 * HOUR, look]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(seen).toEqual([[]]);
    expect(await fixture.appended()).toMatchObject([
      { type: 'LateOutcomeObserved', data: { status: 'not-landed', buildName: fixture.marker } },
    ]);
    const { state } = await fixture.history.load(fixture.instanceId);
    expect(state).toMatchObject({ lastUpgrade: { unsettled: null } });
  });

  it('is asked to stop at every look if it was cancelled, and its end leads to the proof of health', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted');
    const request = { ...fixture.ids, ...BY_HAND };
    await fixture.append({ type: 'UpgradeCancelRequested', data: request });
    await giveUp(fixture);
    fixture.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'HTTP 504' });
    await new LateWatch(fixture).run();
    const cancels = fixture.lagoon.calls.filter(
      ({ operation }) => operation === 'cancelDeployment',
    );
    expect(cancels).toHaveLength(2);
    expect(await fixture.types()).toEqual(['LateOutcomeObserved', 'DeploymentCancelled']);
  });

  it.each<[FailureReason, Evidence]>([
    ['deployment-failed', {}],
    ['deployment-cancelled', {}],
    ['deployment-refused', { status: 'upgrade-running' }],
    ['stage-timed-out', { status: 'pending-upgrade' }],
  ])('asks Lagoon for nothing after %s %o', async (reason, evidence) => {
    const fixture = await StageFixture.at('UpgradePending');
    await fail(fixture, reason, evidence);
    expect(await new LateWatch(fixture).run()).toEqual({ kind: 'done' });
    expect(fixture.lagoon.calls).toEqual([]);
    expect(await fixture.types()).toEqual([]);
  });
});

describe('many deployments that were given up', () => {
  it('share their requests', async () => {
    const lagoon = new InMemoryLagoon();
    const cores = new SingleLagoonCore(unguardedCore(lagoon));
    const lookups = new LateOutcomeLookups(cores, 0, new FastClock());
    const wanted = Array.from({ length: 30 }, (_, n) => {
      const { environmentId } = lagoon.script.place({ project: `p${n}`, environment: 'main' });
      return { upgradeId: `u${n}`, attempt: 1, environmentId };
    });
    const found = await Promise.all(
      wanted.map(({ upgradeId, attempt, environmentId }) => {
        const located = { projectId: 1, environmentId, route: null };
        const order = { ...ORDER, upgradeId, attempt, located };
        const build = { effect: 'deployment', step: null, buildName: null } as const;
        const { signal } = new AbortController();
        return lookups.sightOf({ ...build, marker: markerOf(order), order }, signal);
      }),
    );
    expect(found).toMatchObject(wanted.map(() => ({ traces: [] })));
    expect(lagoon.calls).toHaveLength(1);
  });
});

const buildsOf = ({ lagoon, target }: StageFixture) =>
  lagoon.script.find(target)?.deployments ?? [];

function endBuild({ lagoon, target }: StageFixture, status = 'complete'): void {
  lagoon.script.endBuilds(target, status);
}

function timeOut(fixture: StageFixture): WorkerCommand {
  const seen = { seenStatus: 'upgrade-running', stage: 'poll-upgrade' } as const;
  const limit = { since: fixture.openingEvent.recordedAt, limitMs: 7 * HOUR };
  return { type: 'TimeOutStage', data: { ...fixture.ids, ...seen, ...limit } };
}

async function giveUp(fixture: StageFixture): Promise<void> {
  await fixture.submit(timeOut(fixture));
  await fixture.openWithNewest();
}

async function givenUp(changes: Partial<WorkOrder> = {}): Promise<StageFixture> {
  const fixture = await StageFixture.at('DeploymentAccepted', changes);
  await giveUp(fixture);
  return fixture;
}

async function fail(
  fixture: StageFixture,
  reason: FailureReason,
  evidence: Evidence,
): Promise<void> {
  const failure = { reason, evidence, retryable: true };
  await fixture.submit({ type: 'FailUpgrade', data: { ...fixture.ids, ...failure } });
  await fixture.openWithNewest();
}
