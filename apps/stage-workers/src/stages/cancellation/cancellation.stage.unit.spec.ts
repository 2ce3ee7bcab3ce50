import type { InstanceEventType, WorkOrder } from '@uplift/domain';
import { decide, markerOf } from '@uplift/domain';
import type { BuildTarget } from '@uplift/lagoon';
import type { Meanwhile } from '../../testing/cancel-fixture';
import { BY_HAND, EventfulClock, stageAt } from '../../testing/cancel-fixture';
import { StageFixture } from '../../testing/stage-fixture';

const stageOf = (fixture: StageFixture, meanwhile: Meanwhile = []) => {
  return stageAt(fixture, new EventfulClock(meanwhile, () => confirm(fixture)));
};

describe('the cancel of an upgrade', () => {
  it('stops the build, and leaves it to others to say what came of it', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    const [build] = buildsOf(fixture);
    expect(cancels(fixture)).toEqual([build?.name]);
    expect(build?.status).toBe('cancelled');
    expect(await fixture.types()).toEqual(['DeploymentCancelled']);
  });

  it('is asked for once more if it is offered again, and the build is left to its follower', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    const { workOrder } = await fixture.session();
    await fixture.openWith({
      type: 'StageRedriven',
      data: { workOrder, stage: 'poll-upgrade', n: 1 },
    });
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    const [build] = buildsOf(fixture);
    expect(cancels(fixture)).toEqual([build?.name]);
    expect(await fixture.types()).toEqual([]);
  });

  it.each(['UpgradeRequested', 'PreUpgradeStarted', 'UpgradePending'] as const)(
    'is over at once after %s, where nothing is under way',
    async (type) => {
      const fixture = await cancelledAt(type);
      expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
      expect(fixture.lagoon.calls).toEqual([]);
      expect(await fixture.types()).toEqual(['UpgradeCancelled']);
    },
  );

  it.each([
    'UpgradeCompleted',
    'PostUpgradePending',
    'PostUpgradeStarted',
    'PostUpgradeCompleted',
  ] as const)('asks Lagoon for nothing after %s', async (type) => {
    const fixture = await cancelledAt(type);
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    expect(fixture.lagoon.calls).toEqual([]);
    expect(await fixture.types()).toEqual([]);
  });

  it('leaves no intent behind if it is faster than the intent', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const session = await fixture.session();
    fixture.store.rivals.push(() => cancelByHand(fixture));
    const start = { ...fixture.ids, worker: 'w', bulkId: null };
    expect(await session.submit({ type: 'StartUpgrade', data: start })).toBe('not-due');
    expect(await fixture.types()).toEqual(['UpgradeCancelRequested', 'UpgradeCancelled']);
  });

  it('stops what was begun if the intent is faster', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const start = { ...fixture.ids, worker: 'w', bulkId: null };
    await fixture.submit({ type: 'StartUpgrade', data: start });
    await cancelByHand(fixture);
    expect(await fixture.types()).toEqual([
      'UpgradeStarted',
      'DeploymentRequested',
      'UpgradeCancelRequested',
    ]);
  });

  it('asks again as long as the build goes on, and once it has ended not any more', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    const ambiguous = { kind: 'ambiguous', evidence: 'no answer' } as const;
    fixture.lagoon.script.answerNext(ambiguous);
    const stage = stageOf(fixture, [
      () => fixture.lagoon.script.answerNext({ ...ambiguous, evidence: 'HTTP 504' }),
      nothing,
      nothing,
      nothing,
    ]);
    await fixture.handle(stage);
    expect(cancels(fixture)).toHaveLength(3);
    expect(asked(fixture, 'deploymentsOf')).toHaveLength(4);
  });

  it('takes a refusal for no answer to the question', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    fixture.lagoon.script.answerNext({
      kind: 'refused',
      cause: 'permission',
      reason: 'Unauthorized',
      retryable: true,
    });
    await fixture.handle(stageOf(fixture, [nothing]));
    expect(cancels(fixture)).toHaveLength(2);
    expect(await fixture.types()).toEqual(['DeploymentCancelled']);
  });

  it('asks for a build that Lagoon does not show yet', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    const [build] = buildsOf(fixture);
    fixture.lagoon.script.removeBuild(build?.name ?? '');
    await fixture.handle(stageOf(fixture));
    expect(cancels(fixture)).toEqual([build?.name]);
  });

  it('stops every build of the attempt, and nobody else’s', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    const [build] = buildsOf(fixture);
    const twin = fixture.lagoon.script.duplicateBuild(build?.name ?? '');
    const foreign = fixture.lagoon.script.foreignBuild(fixture.target);
    await fixture.handle(stageOf(fixture));
    expect(new Set(cancels(fixture))).toEqual(new Set([build?.name, twin]));
    const untouched = buildsOf(fixture).find(({ name }) => name === foreign);
    expect(untouched?.status).toBe('running');
  });

  it('leaves a build alone that was complete before the cancel came: it comes too late', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    fixture.lagoon.script.endBuilds(fixture.target, 'complete');
    await fixture.handle(stageOf(fixture, [() => fixture.completeUpgrade()]));
    expect(cancels(fixture)).toEqual([]);
    expect((await fixture.types()).slice(0, 2)).toEqual([
      'UpgradeCancelTooLate',
      'UpgradeCompleted',
    ]);
  });

  it('asks no more of a build that completes in spite of the cancel', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    fixture.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'success' });
    const stage = stageOf(fixture, [
      () => fixture.lagoon.script.endBuilds(fixture.target, 'complete'),
      () => fixture.completeUpgrade(),
    ]);
    await fixture.handle(stage);
    expect(cancels(fixture)).toHaveLength(1);
    expect((await fixture.types()).slice(0, 2)).toEqual([
      'UpgradeCancelTooLate',
      'UpgradeCompleted',
    ]);
  });

  it('is over as soon as the stop is confirmed', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    const fail = () => Promise.reject(new Error('it still waits'));
    expect(await fixture.handle(stageOf(fixture, [() => confirm(fixture), fail]))).toEqual({
      kind: 'done',
    });
    expect(await fixture.types()).toEqual(['DeploymentCancelled']);
  });

  describe('while nobody knows what became of the call', () => {
    it('waits without asking Lagoon, and stops the build when it is found', async () => {
      const fixture = await cancelledAt('DeploymentRequested');
      const environmentId = fixture.lagoon.script.find(fixture.target)?.facts.environmentId ?? 0;
      const land = async () => {
        const request = { environmentId, bulkName: fixture.marker };
        const answer = await fixture.lagoon.deployLatest(request, new AbortController().signal);
        const buildName = answer.kind === 'accepted' ? answer.buildName : '';
        fixture.lagoon.calls.length = 0;
        await fixture.submit({ type: 'AcceptDeployment', data: { ...fixture.ids, buildName } });
      };
      await fixture.handle(stageOf(fixture, [nothing, nothing, land, () => confirm(fixture)]));
      expect(cancels(fixture)).toEqual([buildsOf(fixture)[0]?.name]);
      expect(await fixture.types()).toEqual(['DeploymentAccepted', 'DeploymentCancelled']);
    });

    it('has nothing to do if the call did not land', async () => {
      const fixture = await cancelledAt('DeploymentRequested');
      const notLanded = () => {
        const call = { marker: fixture.marker, callNo: 1, evidence: {}, worker: 'predecessor' };
        return fixture.submit({ type: 'RepeatCall', data: { ...fixture.ids, ...call } });
      };
      await fixture.handle(stageOf(fixture, [nothing, notLanded]));
      expect(fixture.lagoon.calls).toEqual([]);
      expect(await fixture.types()).toEqual(['CallNotLanded', 'UpgradeCancelled']);
    });
  });

  it('comes again later while Lagoon is away', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    fixture.lagoon.script.unavailable = true;
    expect(await fixture.handle(stageOf(fixture))).toMatchObject({ kind: 'retry' });
    fixture.lagoon.script.unavailable = false;
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(cancels(fixture)).toHaveLength(1);
  });

  it('leaves a newer attempt of the same upgrade alone', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    const { workOrder: order, deployment } = await fixture.session();
    const opening = fixture.openingEvent;
    const workOrder = { ...order, attempt: 2 };
    const started = { upgradeId: order.upgradeId, attempt: 2, worker: 'predecessor' };
    const requested = { ...started, callNo: 1, marker: markerOf(workOrder), bulkId: null };
    const failure = { reason: 'deployment-failed', evidence: {}, retryable: true } as const;
    await fixture.submit({ type: 'FailUpgrade', data: { ...fixture.ids, ...failure } });
    await fixture.append(
      { type: 'UpgradeRetried', data: { workOrder, ...BY_HAND, fromStage: 'upgrade' } },
      { type: 'UpgradeStarted', data: started },
      { type: 'DeploymentRequested', data: requested },
      {
        type: 'DeploymentAccepted',
        data: { workOrder, callNo: 1, buildName: deployment?.buildName ?? '' },
      },
    );
    await fixture.runner.handle(stageOf(fixture), fixture.delivery(1, opening));
    expect(fixture.lagoon.calls).toEqual([]);
  });
});

const nothing = () => undefined;
const buildsOf = ({ lagoon, target }: StageFixture) =>
  lagoon.script.find(target)?.deployments ?? [];

async function cancelledAt(type: InstanceEventType, changes: Partial<WorkOrder> = {}) {
  const fixture = await StageFixture.at(type, changes);
  await fixture.openWith({
    type: 'UpgradeCancelRequested',
    data: { ...fixture.ids, ...BY_HAND },
  });
  return fixture;
}

/** As the operator's door does it. */
async function cancelByHand(fixture: StageFixture): Promise<void> {
  const { state } = await fixture.history.load(fixture.instanceId);
  const { upgradeId } = fixture.ids;
  const command = { type: 'CancelUpgrade', data: { upgradeId, ...BY_HAND } } as const;
  await fixture.append(...decide(command, state));
}

async function confirm(fixture: StageFixture): Promise<void> {
  const { deployment } = await fixture.session();
  const buildName = deployment?.buildName ?? null;
  await fixture.submit({ type: 'ConfirmCancel', data: { ...fixture.ids, buildName } });
}

function asked({ lagoon }: StageFixture, operation: string) {
  return lagoon.calls.filter((call) => call.operation === operation);
}

function cancels(fixture: StageFixture): unknown[] {
  const targets = asked(fixture, 'cancelDeployment').map(({ input }) => input as BuildTarget);
  return targets.map(({ buildName }) => buildName);
}
