import type { TaskReference } from '@uplift/domain';
import { scriptMarkerOf } from '@uplift/domain';
import type { Meanwhile } from '../../testing/cancel-fixture';
import {
  BY_HAND,
  EventfulClock,
  PassingClock,
  SETTLED,
  stageAt,
} from '../../testing/cancel-fixture';
import { StageFixture } from '../../testing/stage-fixture';

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

const nothing = () => undefined;
const stuck = () => Promise.reject(new Error('nothing ends it'));
const stageOf = (fixture: StageFixture, meanwhile: Meanwhile = []) =>
  stageAt(fixture, new EventfulClock(meanwhile, stuck));

describe('the cancel of an upgrade', () => {
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

    it('is gone on with when it is offered again', async () => {
      const { fixture, task } = await given();
      const { workOrder } = await fixture.session();
      const data = { workOrder, stage: 'poll-upgrade', n: 1 } as const;
      await fixture.openWith({ type: 'StageRedriven', data });
      expect(await fixture.handle(stageOf(fixture, [nothing]))).toEqual({ kind: 'done' });
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
      const fail = () => fixture.append({ type: failedAs, data: { ...fixture.ids, ...failure } });
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
      const data = { ...fixture.ids, worker: 'predecessor', names: [VARIABLE.name] };
      await fixture.openWith(
        { type: 'VariablesRequested', data },
        { type: 'UpgradeCancelRequested', data: { ...fixture.ids, ...BY_HAND } },
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
});

function asked({ lagoon }: StageFixture, operation: string) {
  return lagoon.calls.filter((call) => call.operation === operation);
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
  const call = { ...fixture.ids, step, callNo: 1 } as const;
  const started = { type: 'UpgradeStarted', data: { ...fixture.ids, worker } } as const;
  const accepted = { type: 'ScriptAccepted', data: { ...call, task } } as const;
  await fixture.openWith(
    ...(isUpgrade ? [started] : []),
    { type: 'ScriptRequested', data: { ...call, marker: name, worker } },
    ...(opened === 'accepted' ? [accepted] : []),
    { type: 'UpgradeCancelRequested', data: { ...fixture.ids, ...BY_HAND } },
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
