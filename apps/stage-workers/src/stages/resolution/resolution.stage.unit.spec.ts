import type { InstanceEventOf, Resolution } from '@uplift/domain';
import { markerOf, scriptMarkerOf } from '@uplift/domain';
import { StageFixture } from '../../testing/stage-fixture';
import { ResolutionStage } from './resolution.stage';

const MINUTE = 60_000;
const NOT_LANDED = { kind: 'not-landed' } as const;
const adopt = (buildName: string): Resolution => ({ kind: 'adopt', buildName });

const buildOf = ({ lagoon, target }: StageFixture) =>
  lagoon.script.find(target)?.deployments[0]?.name ?? '';

/** What an operator says, and what came of it. */
async function resolved(fixture: StageFixture, resolution: Resolution, afterMs = 30 * MINUTE) {
  await fixture.clock.advance(afterMs);
  const asked = { ...fixture.ids, resolution, requestedBy: 'operator-7', reason: 'seen' };
  await fixture.openWith({ type: 'OutcomeResolutionRequested', data: asked });
  const options = { settleWindowMs: 20 * MINUTE, attemptMs: 60 * MINUTE };
  const stage = new ResolutionStage(fixture.cores, options);
  expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
  expect(fixture.mutations).toEqual([]);
  return fixture.appended();
}

/** The call is made, and nobody knows what became of it. */
async function calling(): Promise<StageFixture> {
  return StageFixture.at('DeploymentRequested');
}

async function givenUp(fixture: StageFixture): Promise<StageFixture> {
  const failure = { reason: 'stage-timed-out', evidence: {}, retryable: true };
  await fixture.append({ type: 'UpgradeFailed', data: { ...fixture.ids, ...failure } });
  return fixture;
}

async function land(fixture: StageFixture, status: string, bulkName = markerOf(fixture.order)) {
  const { environmentId } = fixture.lagoon.script.place(fixture.target);
  const request = { environmentId, bulkName };
  const answer = await fixture.lagoon.deployLatest(request, new AbortController().signal);
  const buildName = answer.kind === 'accepted' ? answer.buildName : '';
  fixture.lagoon.script.setBuild(buildName, { status });
  return buildName;
}

describe('a build that an operator names', () => {
  it('is followed from then on, while the attempt is in flight', async () => {
    const fixture = await calling();
    const buildName = await land(fixture, 'running', '');
    expect(await resolved(fixture, adopt(buildName))).toMatchObject([
      { type: 'OutcomeResolved', data: { evidence: { buildName, status: 'running' } } },
      { type: 'DeploymentAccepted', data: { buildName, callNo: 1 } },
    ]);
  });

  it.each([
    ['complete', ['OutcomeResolved', 'LateOutcomeObserved', 'PostUpgradePending']],
    ['failed', ['OutcomeResolved', 'LateOutcomeObserved']],
  ])('that ended as %s is the outcome of an attempt that was given up', async (status, types) => {
    const fixture = await givenUp(await calling());
    const events = await resolved(fixture, adopt(await land(fixture, status)));
    expect(events.map(({ type }) => type)).toEqual(types);
  });

  it.each([
    ['is not there', 'build-missing', () => Promise.resolve('lagoon-build-none')],
    ['still runs', 'still-running', (fixture: StageFixture) => land(fixture, 'running')],
    [
      'is of another attempt',
      'build-of-another-attempt',
      (fixture: StageFixture) =>
        land(fixture, 'complete', markerOf({ ...fixture.order, attempt: 9 })),
    ],
  ])('is not taken if it %s', async (_why, reason, name) => {
    const fixture = await givenUp(await calling());
    expect(await resolved(fixture, adopt(await name(fixture)))).toMatchObject([
      { type: 'OutcomeResolutionRefused', data: { reason } },
    ]);
  });
});

describe('a call that an operator says had no effect', () => {
  it('ends the attempt, so that a retry is free', async () => {
    const events = await resolved(await calling(), NOT_LANDED);
    expect(events).toMatchObject([
      { type: 'OutcomeResolved' },
      { type: 'CallNotLanded' },
      { type: 'UpgradeFailed', data: { reason: 'call-not-landed', retryable: true } },
    ]);
  });

  it('settles an attempt that was given up', async () => {
    const events = await resolved(await givenUp(await calling()), NOT_LANDED);
    expect(events.map(({ type }) => type)).toEqual(['OutcomeResolved']);
  });

  it('is held to be under way as long as it may take effect', async () => {
    const events = await resolved(await calling(), NOT_LANDED, 19 * MINUTE);
    expect(events).toMatchObject([
      { type: 'OutcomeResolutionRefused', data: { reason: 'may-still-land' } },
    ]);
  });

  it('is not believed while a build carries its marker', async () => {
    const fixture = await givenUp(await calling());
    const buildName = await land(fixture, 'failed');
    expect(await resolved(fixture, NOT_LANDED)).toMatchObject([
      {
        type: 'OutcomeResolutionRefused',
        data: { reason: 'build-exists', evidence: { buildName, status: 'failed' } },
      },
    ]);
  });

  it('is not believed of a build that was adopted without its marker', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted');
    const buildName = await land(fixture, 'running', '');
    const { workOrder } = await fixture.session();
    const duplicates = { ...fixture.ids, builds: [buildName] };
    await fixture.append({ type: 'DuplicateBuildDetected', data: duplicates });
    expect(workOrder.attempt).toBe(1);
    expect(await resolved(await givenUp(fixture), NOT_LANDED)).toMatchObject([
      { type: 'OutcomeResolutionRefused', data: { reason: 'build-exists' } },
    ]);
  });

  it('cannot be looked into without an environment', async () => {
    const fixture = await calling();
    fixture.lagoon.script.remove(fixture.target);
    expect(await resolved(fixture, NOT_LANDED)).toMatchObject([
      { type: 'OutcomeResolutionRefused', data: { reason: 'environment-missing' } },
    ]);
  });
});

it.each([
  ['is not answered twice', 1],
  [
    'keeps its refusal, though it would hold by now, when a bus that was filled anew brings it again',
    60,
  ],
])('a claim whose message comes again %s', async (_what, minutes) => {
  const fixture = await calling();
  const refused = await resolved(fixture, NOT_LANDED, 19 * MINUTE);
  expect(refused).toMatchObject([{ data: { reason: 'may-still-land' } }]);
  await fixture.clock.advance(minutes * MINUTE);
  const options = { settleWindowMs: 10 * MINUTE, attemptMs: 60 * MINUTE };
  expect(await fixture.handle(new ResolutionStage(fixture.cores, options), 2)).toEqual({
    kind: 'done',
  });
  expect(await fixture.appended()).toEqual(refused);
});

it('a claim is held against a call that stands before a snapshot', async () => {
  const fixture = await calling();
  await fixture.clock.advance(30 * MINUTE);
  await fixture.appendBehindSnapshot({
    type: 'OutcomeResolutionRequested',
    data: { ...fixture.ids, resolution: NOT_LANDED, requestedBy: 'operator-7', reason: 'seen' },
  });
  await fixture.openWithNewest();
  const options = { settleWindowMs: 20 * MINUTE, attemptMs: 60 * MINUTE };
  await fixture.handle(new ResolutionStage(fixture.cores, options));
  const [resolved] = await fixture.appended();
  expect(resolved).toMatchObject({
    type: 'OutcomeResolved',
    data: { evidence: { ageMs: 30 * MINUTE } },
  });
});

it('a claim whose message comes again keeps its refusal, though a snapshot stands behind that', async () => {
  const fixture = await calling();
  const refused = await resolved(fixture, NOT_LANDED, 19 * MINUTE);
  const said = { requestedBy: 'operator-7', reason: 'seen' };
  await fixture.appendBehindSnapshot({ type: 'InstanceParked', data: { ...fixture.ids, ...said } });
  await fixture.clock.advance(60 * MINUTE);
  const options = { settleWindowMs: 10 * MINUTE, attemptMs: 60 * MINUTE };
  await fixture.handle(new ResolutionStage(fixture.cores, options), 2);
  const types = (await fixture.appended()).map(({ type }) => type);
  expect(types).toEqual([refused[0]?.type, 'InstanceSnapshotTaken', 'InstanceParked']);
});

it('a claim is looked into again when the operator makes it again', async () => {
  const fixture = await calling();
  await resolved(fixture, NOT_LANDED, 19 * MINUTE);
  const events = await resolved(fixture, NOT_LANDED, 19 * MINUTE);
  expect(events.map(({ type }) => type)).toEqual([
    'OutcomeResolved',
    'CallNotLanded',
    'UpgradeFailed',
  ]);
});

describe('a script whose task an operator names', () => {
  it('is followed from then on', async () => {
    const fixture = await StageFixture.at('PreUpgradeStarted');
    const { environmentId } = fixture.lagoon.script.place(fixture.target);
    const marker = scriptMarkerOf(fixture.order, 'pre-upgrade');
    const call = {
      ...fixture.ids,
      step: 'pre-upgrade',
      callNo: 1,
      marker,
      worker: 'w',
    } as const;
    await fixture.append({ type: 'ScriptRequested', data: call });
    const added = { environmentId, name: marker, service: 'cli', command: 'backup' };
    const answer = await fixture.lagoon.addTask(added, new AbortController().signal);
    const taskName = answer.kind === 'accepted' ? (answer.taskName ?? '') : '';
    expect(await resolved(fixture, adopt(taskName))).toMatchObject([
      { type: 'OutcomeResolved' },
      { type: 'ScriptAccepted', data: { step: 'pre-upgrade', callNo: 1, task: { taskName } } },
    ]);
  });
});

it('does nothing once the call has its outcome', async () => {
  const fixture = await StageFixture.at('DeploymentAccepted');
  const asked = { requestedBy: 'operator-7', reason: 'seen', resolution: NOT_LANDED };
  const request: InstanceEventOf<'OutcomeResolutionRequested'> = {
    type: 'OutcomeResolutionRequested',
    data: { ...fixture.ids, ...asked },
  };
  await fixture.openWith(request);
  const stage = new ResolutionStage(fixture.cores, { settleWindowMs: 0, attemptMs: 1 });
  expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
  expect(await fixture.appended()).toEqual([]);
  expect(fixture.lagoon.calls).toEqual([]);
  expect(buildOf(fixture)).not.toBe('');
});
