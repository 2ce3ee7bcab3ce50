import type { InstanceEvent, InstanceEventType, ScriptStep, WorkOrder } from '@uplift/domain';
import { scriptMarkerOf } from '@uplift/domain';
import { HOUR, LateWatch, SECOND } from '../../testing/late-watch';
import { StageFixture } from '../../testing/stage-fixture';

const SCRIPT = {
  strategy: 'script',
  target: { script: { service: 'cli', command: 'x' } },
} as const;

/** Each step whose script may be left behind: where it runs, and what it fails as. */
const STEPS = [
  ['pre-upgrade', 'PreUpgradeStarted', {}, 'PreUpgradeFailed'],
  ['upgrade', 'UpgradePending', SCRIPT, 'UpgradeFailed'],
  ['post-upgrade', 'PostUpgradeStarted', {}, 'PostUpgradeFailed'],
] as const;

/** What a late success leads to. */
const GOES_ON = {
  'pre-upgrade': [],
  upgrade: ['PostUpgradePending'],
  'post-upgrade': ['PostUpgradeCompleted'],
} as const;

describe.each(STEPS)('a %s script that was given up', (step, opening, order, failedAs) => {
  const given = (isKnown = true) => givenUpScript({ step, opening, order, failedAs, isKnown });
  const told = (status: string) => ({ type: 'LateOutcomeObserved', data: { step, status } });

  it.each([
    ['whose task was known', true],
    ['whose call had no answer', false],
  ])('is noticed when it completes: one %s', async (_what, isKnown) => {
    const fixture = await given(isKnown);
    const complete = () => fixture.lagoon.script.endTasks(fixture.target);
    const watch = new LateWatch(fixture, [[HOUR, complete]]);
    expect(await watch.run()).toEqual({ kind: 'done' });
    expect(watch.passedMs).toBeLessThan(HOUR + 340 * SECOND);
    expect(await fixture.appended()).toMatchObject([
      told('complete'),
      ...GOES_ON[step].map((type) => ({ type })),
    ]);
    expect(fixture.mutations).toEqual([]);
  });

  it.each(['failed', 'cancelled'])('is noticed when it ends as %s, no more', async (end) => {
    const fixture = await given();
    const happens = () => fixture.lagoon.script.endTasks(fixture.target, end);
    await new LateWatch(fixture, [[HOUR, happens]]).run();
    expect(await fixture.appended()).toMatchObject([told(end)]);
    expect(asked(fixture, 'cancelTask')).toEqual([]);
  });

  it('asks Lagoon for nothing once it is noticed, nor after a failure that says how it ended', async () => {
    const fixture = await given();
    fixture.lagoon.script.endTasks(fixture.target, 'failed');
    await new LateWatch(fixture).run();
    fixture.lagoon.calls.length = 0;
    await new LateWatch(fixture).run(2);
    expect(fixture.lagoon.calls).toEqual([]);
    const other = await StageFixture.at(opening, order);
    const failure = { reason: `${step}-script-failed`, evidence: {}, retryable: true };
    await other.openWith({ type: failedAs, data: { ...other.ids, ...failure } });
    expect(await new LateWatch(other).run()).toEqual({ kind: 'done' });
    expect(other.lagoon.calls).toEqual([]);
  });
});

describe('what goes on of a cancelled attempt that was given up', () => {
  const ASKED = { requestedBy: 'operator-7', reason: 'wrong release' };

  it.each(STEPS.slice(0, 2))(
    'is asked to stop, and its end leads to the proof of health: a %s script',
    async (step, opening, order, failedAs) => {
      const script = { step, opening, order, failedAs, isKnown: true };
      const fixture = await givenUpScript(script, ASKED);
      await new LateWatch(fixture).run();
      expect(asked(fixture, 'cancelTask')).toHaveLength(1);
      expect(await fixture.appended()).toMatchObject([
        { type: 'LateOutcomeObserved', data: { step, status: 'cancelled' } },
        {
          type: 'ScriptCancelled',
          data: {
            step,
            outcome: 'cancelled',
            workOrder: { located: { projectId: 1 }, leftAt: step },
          },
        },
      ]);
    },
  );
});

const asked = ({ lagoon }: StageFixture, operation: string) =>
  lagoon.calls.filter((call) => call.operation === operation);

interface LeftScript {
  readonly step: ScriptStep;
  readonly opening: InstanceEventType;
  readonly order: Partial<WorkOrder>;
  readonly failedAs: 'PreUpgradeFailed' | 'UpgradeFailed' | 'PostUpgradeFailed';
  /** False: Lagoon's answer to the call was lost. */
  readonly isKnown: boolean;
}

/** An attempt that timed out while the task of its script runs. */
async function givenUpScript(
  { step, opening, order, failedAs, isKnown }: LeftScript,
  cancel: { readonly requestedBy: string; readonly reason: string } | null = null,
): Promise<StageFixture> {
  const fixture = await StageFixture.at(opening, order);
  const { environmentId } = fixture.lagoon.script.place(fixture.target);
  const marker = scriptMarkerOf(fixture.order, step);
  const request = { environmentId, name: marker, ...SCRIPT.target.script };
  const answer = await fixture.lagoon.addTask(request, new AbortController().signal);
  const taskId = answer.kind === 'accepted' ? answer.taskId : 0;
  const ids = fixture.ids;
  const call = { ...ids, step, callNo: 1 };
  const started = { type: 'UpgradeStarted', data: { ...ids, worker: 'w' } } as const;
  const taken = {
    type: 'ScriptAccepted',
    data: { ...call, task: { taskId, taskName: 'lagoon-task-1' } },
  } as const;
  const wish = { type: 'UpgradeCancelRequested', data: { ...ids, ...cancel } } as InstanceEvent;
  const failure = { reason: 'stage-timed-out', evidence: {}, retryable: true };
  await fixture.openWith(
    ...(step === 'upgrade' ? [started] : []),
    { type: 'ScriptRequested', data: { ...call, marker, worker: 'w' } },
    ...(isKnown ? [taken] : []),
    ...(cancel === null ? [] : [wish]),
    { type: failedAs, data: { ...ids, ...failure } },
  );
  return fixture;
}
