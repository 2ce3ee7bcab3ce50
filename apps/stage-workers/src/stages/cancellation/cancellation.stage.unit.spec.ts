import type { InstanceEventType, TaskReference, WorkerCommand, WorkOrder } from '@uplift/domain';
import { decide, markerOf, scriptMarkerOf } from '@uplift/domain';
import type { BuildTarget } from '@uplift/lagoon';
import { VirtualClock } from '@uplift/runtime/testing';
import { StageFixture } from '../../testing/stage-fixture';
import { CancellationStage } from './cancellation.stage';

const SETTLED = 1_000;
const QUIET = { info: () => undefined };
const BY_HAND = { requestedBy: 'operator-7', reason: 'wrong release' };
const SCRIPT = {
  strategy: 'script',
  target: { script: { service: 'cli', command: 'x' } },
} as const;

const AMBIGUOUS = { kind: 'ambiguous', evidence: 'no answer' } as const;
const REFUSED = {
  kind: 'refused',
  cause: 'permission',
  reason: 'Unauthorized',
  retryable: true,
} as const;

/** What happens while the stage waits, one by one; then the upgrade is over. */
type Meanwhile = (() => Promise<unknown> | void)[];

/** Something happens in each pause. */
class EventfulClock extends VirtualClock {
  constructor(
    private readonly meanwhile: Meanwhile,
    private readonly inTheEnd: () => Promise<unknown>,
  ) {
    super();
  }

  override async pause(): Promise<void> {
    const next = this.meanwhile.shift() ?? this.inTheEnd;
    await next();
  }
}

/** Nothing happens but that time passes. */
class PassingClock extends VirtualClock {
  override pause(ms: number): Promise<void> {
    return this.advance(ms);
  }
}

const stageOf = (fixture: StageFixture, meanwhile: Meanwhile = []) => {
  return stageAt(fixture, new EventfulClock(meanwhile, () => confirm(fixture)));
};

function stageAt({ cores }: StageFixture, clock: VirtualClock): CancellationStage {
  const options = { worker: 'w', intervalMs: 10, settleWindowMs: SETTLED };
  return new CancellationStage(cores, options, clock, QUIET);
}

describe('the cancel of an upgrade', () => {
  it('stops the build, and leaves it to others to say what came of it', async () => {
    const fixture = await cancelledAt('DeploymentAccepted');
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    const [build] = buildsOf(fixture);
    expect(cancels(fixture)).toEqual([build?.name]);
    expect(build?.status).toBe('cancelled');
    expect(await fixture.types()).toEqual(['DeploymentCancelled']);
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
    const start = { ...idsOf(fixture), worker: 'w', bulkId: null };
    expect(await session.submit({ type: 'StartUpgrade', data: start })).toBe('not-due');
    expect(await fixture.types()).toEqual(['UpgradeCancelRequested', 'UpgradeCancelled']);
  });

  it('stops what was begun if the intent is faster', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const start = { ...idsOf(fixture), worker: 'w', bulkId: null };
    await submit(fixture, { type: 'StartUpgrade', data: start });
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
    await fixture.handle(stageOf(fixture, [() => complete(fixture)]));
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
      () => complete(fixture),
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
        await submit(fixture, { type: 'AcceptDeployment', data: { ...idsOf(fixture), buildName } });
      };
      await fixture.handle(stageOf(fixture, [nothing, nothing, land, () => confirm(fixture)]));
      expect(cancels(fixture)).toEqual([buildsOf(fixture)[0]?.name]);
      expect(await fixture.types()).toEqual(['DeploymentAccepted', 'DeploymentCancelled']);
    });

    it('has nothing to do if the call did not land', async () => {
      const fixture = await cancelledAt('DeploymentRequested');
      const notLanded = () => {
        const call = { marker: fixture.marker, callNo: 1, evidence: {}, worker: 'predecessor' };
        return submit(fixture, { type: 'RepeatCall', data: { ...idsOf(fixture), ...call } });
      };
      await fixture.handle(stageOf(fixture, [nothing, notLanded]));
      expect(fixture.lagoon.calls).toEqual([]);
      expect(await fixture.types()).toEqual(['CallNotLanded', 'UpgradeCancelled']);
    });
  });

  describe.each([
    ['a pre-upgrade script', 'pre-upgrade', 'PreUpgradeFailed'],
    ['a script that is the upgrade', 'upgrade', 'UpgradeFailed'],
  ] as const)('of %s', (_what, step, failedAs) => {
    const ended = (outcome: string, task: TaskReference) => ({
      type: 'ScriptCancelled',
      data: { step, task, outcome, workOrder: { leftAt: step, located: { environmentId } } },
    });
    let environmentId: unknown;
    const given = async (opened: Opened = 'accepted') => {
      const script = await cancelledScript(step, opened);
      environmentId = script.environmentId;
      return script;
    };

    it('stops its task, and says that it ended', async () => {
      const { fixture, task } = await given();
      expect(await fixture.handle(stageOf(fixture, [nothing]))).toEqual({ kind: 'done' });
      expect(asked(fixture, 'cancelTask')).toHaveLength(1);
      expect(fixture.lagoon.script.taskById(task.taskId)?.status).toBe('cancelled');
      expect(await fixture.appended()).toMatchObject([ended('cancelled', task)]);
    });

    it.each(['complete', 'failed', 'cancelled'])(
      'leaves a task alone that has ended as %s: Lagoon would forget how',
      async (outcome) => {
        const { fixture, task } = await given();
        fixture.lagoon.script.endTasks(fixture.target, outcome);
        await fixture.handle(stageOf(fixture));
        expect(asked(fixture, 'cancelTask')).toEqual([]);
        expect(await fixture.appended()).toMatchObject([ended(outcome, task)]);
      },
    );

    it.each([
      ['refuses it', REFUSED, { cause: 'permission', detail: 'Unauthorized' }],
      ['gives no answer', AMBIGUOUS, { cause: 'no-answer' }],
    ])('says so when Lagoon %s, and is over after the task', async (_words, answer, evidence) => {
      const { fixture, task } = await given();
      const refuse = () => fixture.lagoon.script.answerNext(answer);
      refuse();
      const end = () => fixture.lagoon.script.endTasks(fixture.target, 'complete');
      const stage = stageOf(fixture, [refuse, refuse, refuse, refuse, end]);
      expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
      expect(await fixture.appended()).toMatchObject([
        { type: 'CancelWithoutEffect', data: { name: task.taskName, evidence } },
        ended('complete', task),
      ]);
    });

    it('says so when Lagoon ignores it, and is over after the task', async () => {
      const { fixture, task } = await given();
      fixture.lagoon.script.ignoreTaskCancels(fixture.target);
      const end = () => fixture.lagoon.script.endTasks(fixture.target, 'failed');
      await fixture.handle(stageOf(fixture, [nothing, nothing, nothing, end]));
      expect(await fixture.appended()).toMatchObject([
        { type: 'CancelWithoutEffect', data: { evidence: { cause: 'ignored', asked: 3 } } },
        ended('failed', task),
      ]);
    });

    it('waits on in the next worker', async () => {
      const { fixture, task } = await given();
      fixture.lagoon.script.ignoreTaskCancels(fixture.target);
      const stop = () => {
        fixture.stopping.abort(new Error('stop'));
        return Promise.reject(new Error('stop'));
      };
      expect(await fixture.handle(stageOf(fixture, [stop]))).toMatchObject({ kind: 'retry' });
      fixture.lagoon.script.endTasks(fixture.target, 'complete');
      const { signal } = new AbortController();
      const delivery = { ...fixture.delivery(2), signal };
      expect(await fixture.runner.handle(stageOf(fixture), delivery)).toEqual({ kind: 'done' });
      expect(await fixture.appended()).toMatchObject([ended('complete', task)]);
    });

    it('asks Lagoon for nothing when its message comes again after the end', async () => {
      const { fixture, task } = await given();
      await fixture.handle(stageOf(fixture, [nothing]));
      fixture.lagoon.calls.length = 0;
      for (const n of [2, 3]) await fixture.handle(stageOf(fixture), n);
      expect(fixture.lagoon.calls).toEqual([]);
      expect(await fixture.appended()).toMatchObject([ended('cancelled', task)]);
    });

    it('waits while Lagoon is away, and goes on', async () => {
      const { fixture, task } = await given();
      fixture.lagoon.script.unavailable = true;
      expect(await fixture.handle(stageOf(fixture))).toMatchObject({ kind: 'retry' });
      fixture.lagoon.script.unavailable = false;
      expect(await fixture.handle(stageOf(fixture, [nothing]), 2)).toEqual({ kind: 'done' });
      expect(await fixture.appended()).toMatchObject([ended('cancelled', task)]);
    });

    it('finds the task of a call whose answer nobody knows, and stops it', async () => {
      const { fixture, task } = await given('requested');
      await fixture.handle(stageOf(fixture, [nothing, nothing]));
      expect(asked(fixture, 'cancelTask')).toHaveLength(1);
      expect(await fixture.appended()).toMatchObject([
        { type: 'ScriptAccepted', data: { step, task } },
        ended('cancelled', task),
      ]);
    });

    it('ends it at once when the call surely did not land, and not before', async () => {
      const { fixture } = await given('lost');
      const clock = new PassingClock();
      expect(await fixture.handle(stageAt(fixture, clock))).toEqual({ kind: 'done' });
      expect(await fixture.types()).toEqual(['CallNotLanded', 'UpgradeCancelled']);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(SETTLED);
      expect(fixture.mutations).toEqual([]);
    });

    it('is over when the attempt failed in the meantime', async () => {
      const { fixture } = await given();
      fixture.lagoon.script.ignoreTaskCancels(fixture.target);
      const failure = { reason: 'stage-timed-out', evidence: {}, retryable: true };
      const fail = () =>
        fixture.append({ type: failedAs, data: { ...idsOf(fixture), ...failure } });
      expect(await fixture.handle(stageOf(fixture, [fail]))).toEqual({ kind: 'done' });
      expect(await fixture.types()).toEqual([failedAs]);
    });
  });

  describe('of variables', () => {
    const VARIABLE = { name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' } as const;
    const given = async () => {
      const order = { strategy: 'variables', target: { variables: [VARIABLE] } } as const;
      const fixture = await StageFixture.at('UpgradePending', order);
      const { profile } = fixture.order;
      const set = (value: string) => {
        const { project, environment } = profile;
        const request = { project, environment, ...VARIABLE, value };
        return fixture.lagoon.setVariable(request, new AbortController().signal);
      };
      const data = { ...idsOf(fixture), worker: 'predecessor', names: [VARIABLE.name] };
      await fixture.openWith(
        { type: 'VariablesRequested', data },
        { type: 'UpgradeCancelRequested', data: { ...idsOf(fixture), ...BY_HAND } },
      );
      return { fixture, set };
    };

    it('is over when they are set: somebody else was about to say so', async () => {
      const { fixture, set } = await given();
      const stage = stageOf(fixture, [() => set('off'), () => set('on')]);
      expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
      expect(await fixture.appended()).toMatchObject([
        { type: 'ScriptCancelled', data: { step: 'upgrade', task: null } },
      ]);
      expect(asked(fixture, 'variablesOf')).toHaveLength(3);
    });

    it('is over when none can be set any more: its worker died over it', async () => {
      const { fixture } = await given();
      const clock = new PassingClock();
      await fixture.handle(stageAt(fixture, clock));
      expect(clock.monotonic()).toBeGreaterThanOrEqual(SETTLED);
      expect(await fixture.types()).toEqual(['ScriptCancelled']);
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
    await submit(fixture, { type: 'FailUpgrade', data: { ...idsOf(fixture), ...failure } });
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
const idsOf = ({ order: { upgradeId, attempt } }: StageFixture) => ({ upgradeId, attempt });
const buildsOf = ({ lagoon, target }: StageFixture) =>
  lagoon.script.find(target)?.deployments ?? [];

async function cancelledAt(type: InstanceEventType, changes: Partial<WorkOrder> = {}) {
  const fixture = await StageFixture.at(type, changes);
  await fixture.openWith({
    type: 'UpgradeCancelRequested',
    data: { ...idsOf(fixture), ...BY_HAND },
  });
  return fixture;
}

/** As the operator's door does it. */
async function cancelByHand(fixture: StageFixture): Promise<void> {
  const { state } = await fixture.history.load(fixture.instanceId);
  const { upgradeId } = idsOf(fixture);
  const command = { type: 'CancelUpgrade', data: { upgradeId, ...BY_HAND } } as const;
  await fixture.append(...decide(command, state));
}

type Opened = 'accepted' | 'requested' | 'lost';

/** A script whose task runs: `requested`: and nobody knows; `lost`: there is none. */
async function cancelledScript(step: 'pre-upgrade' | 'upgrade', opened: Opened) {
  const isUpgrade = step === 'upgrade';
  const fixture = await StageFixture.at(
    isUpgrade ? 'UpgradePending' : 'PreUpgradeStarted',
    isUpgrade ? SCRIPT : {},
  );
  const worker = 'predecessor';
  const name = scriptMarkerOf(fixture.order, step);
  const environmentId = fixture.lagoon.script.find(fixture.target)?.facts.environmentId ?? 0;
  const task = opened === 'lost' ? NO_TASK : await addedTask(fixture, environmentId, name);
  const call = { ...idsOf(fixture), step, callNo: 1 } as const;
  const started = { type: 'UpgradeStarted', data: { ...idsOf(fixture), worker } } as const;
  const accepted = { type: 'ScriptAccepted', data: { ...call, task } } as const;
  await fixture.openWith(
    ...(isUpgrade ? [started] : []),
    { type: 'ScriptRequested', data: { ...call, marker: name, worker } },
    ...(opened === 'accepted' ? [accepted] : []),
    { type: 'UpgradeCancelRequested', data: { ...idsOf(fixture), ...BY_HAND } },
  );
  return { fixture, task, environmentId };
}

const NO_TASK: TaskReference = { taskId: 0, taskName: '' };

async function addedTask(
  { lagoon }: StageFixture,
  environmentId: number,
  name: string,
): Promise<TaskReference> {
  const request = { environmentId, name, ...SCRIPT.target.script };
  const answer = await lagoon.addTask(request, new AbortController().signal);
  if (answer.kind !== 'accepted') throw new TypeError('the twin refused a task');
  return { taskId: answer.taskId, taskName: answer.taskName ?? name };
}

/** What another worker reports. */
async function submit(fixture: StageFixture, command: WorkerCommand): Promise<void> {
  await (await fixture.session()).submit(command);
}

async function confirm(fixture: StageFixture): Promise<void> {
  const { deployment } = await fixture.session();
  const buildName = deployment?.buildName ?? null;
  await submit(fixture, { type: 'ConfirmCancel', data: { ...idsOf(fixture), buildName } });
}

async function complete(fixture: StageFixture): Promise<void> {
  const { deployment } = await fixture.session();
  const buildName = deployment?.buildName ?? '';
  const times = { warnings: false, queuedMs: null, buildMs: null };
  await submit(fixture, {
    type: 'CompleteUpgrade',
    data: { ...idsOf(fixture), buildName, ...times },
  });
}

function asked({ lagoon }: StageFixture, operation: string) {
  return lagoon.calls.filter((call) => call.operation === operation);
}

function cancels(fixture: StageFixture): unknown[] {
  const targets = asked(fixture, 'cancelDeployment').map(({ input }) => input as BuildTarget);
  return targets.map(({ buildName }) => buildName);
}
