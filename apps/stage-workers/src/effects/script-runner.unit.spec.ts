import type { TaskScript } from '@uplift/domain';
import { PROFILE, SCRIPTED } from '../testing/example-upgrade';
import { protocolOf, scriptsOf, StageFixture, WORKER } from '../testing/stage-fixture';
import { LongWaitError } from '../runner/failure-triage';
import { ScriptRunner } from './script-runner';

const COMMAND: TaskScript = { service: 'cli', command: 'migrate' };
const REQUESTED = ['PostUpgradeStarted', 'ScriptRequested'];
const AMBIGUOUS = { kind: 'ambiguous', evidence: 'HTTP 504' } as const;

/** An instance whose post-upgrade step has just started, and what runs its script. */
async function startedScene() {
  const fixture = await StageFixture.at('PostUpgradePending', { profile: SCRIPTED });
  const { upgradeId, attempt } = fixture.order;
  await fixture.append({
    type: 'PostUpgradeStarted',
    data: { upgradeId, attempt, worker: 'other' },
  });
  return fixture;
}

async function run(
  fixture: StageFixture,
  runner = scriptsOf(fixture),
  script: TaskScript = COMMAND,
) {
  const session = await fixture.session();
  await session.reload();
  const order = session.workOrder;
  return runner.run(
    session,
    { order, step: 'post-upgrade', script, worker: WORKER },
    fixture.stopping.signal,
  );
}

describe('a script run as a Lagoon task', () => {
  it('is asked for in the stream before it is added, and followed to its end', async () => {
    const fixture = await startedScene();
    fixture.lagoon.script.endAtOnce = 'complete';
    expect(await run(fixture)).toMatchObject({ kind: 'complete' });
    expect(await fixture.types()).toEqual([...REQUESTED, 'ScriptAccepted']);
    expect((await fixture.appended())[1]).toMatchObject({
      data: { step: 'post-upgrade', callNo: 1, marker: `${fixture.marker}-post`, worker: WORKER },
    });
    expect(fixture.mutations).toEqual(['addTask']);
  });

  it('is found again by a successor, not added twice', async () => {
    const fixture = await startedScene();
    await expect(run(fixture, scriptsOf(fixture, 0))).rejects.toThrow(LongWaitError);
    fixture.lagoon.script.endTasks(fixture.target);
    expect(await run(fixture)).toMatchObject({ kind: 'complete' });
    expect(fixture.mutations).toEqual(['addTask']);
  });

  it('is looked up by its name when the answer was lost', async () => {
    const fixture = await startedScene();
    fixture.lagoon.script.endAtOnce = 'complete';
    fixture.lagoon.script.answerNext(AMBIGUOUS, { lands: true });
    expect(await run(fixture)).toMatchObject({ kind: 'complete' });
    expect(await fixture.types()).toEqual([...REQUESTED, 'CallAmbiguous', 'ScriptAccepted']);
    expect(fixture.mutations).toEqual(['addTask']);
  });

  it('is added again after proof that the first call did not land, and never a third time', async () => {
    const fixture = await startedScene();
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    expect(await run(fixture)).toEqual({ kind: 'gone' });
    expect(await fixture.types()).toEqual([
      ...REQUESTED,
      'CallAmbiguous',
      'CallNotLanded',
      'ScriptRequested',
      'CallAmbiguous',
      'CallNotLanded',
      'OutcomeUnknown',
      'PostUpgradeFailed',
    ]);
    expect(fixture.mutations).toEqual(['addTask', 'addTask']);
  });

  it('is not added by two at once', async () => {
    const fixture = await startedScene();
    fixture.lagoon.script.endAtOnce = 'complete';
    const patient = new ScriptRunner(
      fixture.cores,
      protocolOf(fixture, { settleWindowMs: 60_000 }),
      {
        pollIntervalMs: 1,
        patienceMs: 10_000,
      },
      fixture.clock,
    );
    const outcomes = await Promise.all([run(fixture, patient), run(fixture, patient)]);
    expect(outcomes).toMatchObject([{ kind: 'complete' }, { kind: 'complete' }]);
    expect(fixture.mutations).toEqual(['addTask']);
  });

  it.each([
    ['failed', { kind: 'failed', retryable: true }],
    ['cancelled', { kind: 'cancelled' }],
  ] as const)('that ends as %s says so', async (status, outcome) => {
    const fixture = await startedScene();
    await expect(run(fixture, scriptsOf(fixture, 0))).rejects.toThrow(LongWaitError);
    fixture.lagoon.script.endTasks(fixture.target, status);
    expect(await run(fixture)).toMatchObject(outcome);
  });
});

describe('a registered task', () => {
  const REGISTERED: TaskScript = { registeredTask: 'migrate' };

  it('is invoked by its name, with the marker', async () => {
    const fixture = await startedScene();
    fixture.lagoon.script.endAtOnce = 'complete';
    fixture.lagoon.script.registerTask(fixture.target, { name: 'migrate', takesMarker: true });
    expect(await run(fixture, scriptsOf(fixture), REGISTERED)).toMatchObject({ kind: 'complete' });
    const invoked = fixture.lagoon.calls.find(
      ({ operation }) => operation === 'invokeRegisteredTask',
    );
    expect(invoked?.input).toMatchObject({ marker: `${fixture.marker}-post` });
  });

  it('that is not there, or could not be found again, is refused before anything is asked for', async () => {
    const fixture = await startedScene();
    const missing = await run(fixture, scriptsOf(fixture), REGISTERED);
    expect(missing).toMatchObject({
      kind: 'failed',
      detail: 'no task is registered as "migrate"',
      retryable: false,
    });
    fixture.lagoon.script.registerTask(fixture.target, { name: 'migrate', takesMarker: false });
    const unmarked = await run(fixture, scriptsOf(fixture), REGISTERED);
    expect(unmarked).toMatchObject({
      detail: expect.stringContaining('UPLIFT_MARKER') as string,
    });
    expect(await fixture.types()).toEqual(['PostUpgradeStarted']);
  });
});

it('is refused where the environment was never located', async () => {
  const fixture = await StageFixture.at('UpgradeRequested', { profile: PROFILE });
  const session = await fixture.session();
  const outcome = await scriptsOf(fixture).run(
    session,
    { order: session.workOrder, step: 'pre-upgrade', script: COMMAND, worker: WORKER },
    fixture.stopping.signal,
  );
  expect(outcome).toMatchObject({ kind: 'failed', retryable: false });
});
