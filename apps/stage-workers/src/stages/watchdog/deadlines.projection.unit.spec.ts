import type { InstanceEvent, InstanceEventType, RecordedInstanceEvent } from '@uplift/domain';
import { IN_FLIGHT_STATUSES, LIFECYCLE } from '@uplift/domain';
import { VirtualClock } from '@uplift/runtime/testing';
import { exampleUpgrade, ORDER } from '../../testing/example-upgrade';
import { DeadlineProjection, resumeRun, startRun, suspendRun } from './deadlines.projection';

const LIMITS = { pending: 1, step: 2, call: 3, queued: 4, running: 5, verify: 6 };
const LOCATED = { projectId: 1, environmentId: 2, route: null };
const EVENTS = exampleUpgrade({ order: ORDER, located: LOCATED, buildName: 'lagoon-build-1' });
const ATTEMPT = { upgradeId: ORDER.upgradeId, attempt: 1 };
const LATE = 1_000_000;
const progressed = (status: string): InstanceEvent => ({
  type: 'DeploymentProgressed',
  data: { ...ATTEMPT, status, buildStep: null },
});
const verified: InstanceEvent = {
  type: 'InstanceVerifiedHealthy',
  data: { ...ATTEMPT, status: 'running-healthy-claimed', probes: [] },
};
const before = (type: InstanceEvent['type']) =>
  EVENTS.slice(0, EVENTS.findIndex((event) => event.type === type) + 1);

/** Event n happened at n × 100 ms. */
function recorded(event: InstanceEvent, n: number): RecordedInstanceEvent {
  return { instanceId: 'i', eventId: `e${n}`, revision: n, at: n * 100, event };
}

function projectionOf(
  events: readonly InstanceEvent[],
  clock = new VirtualClock(),
): DeadlineProjection {
  const projection = new DeadlineProjection(LIMITS, clock);
  events.forEach((event, n) => projection.record(recorded(event, n)));
  return projection;
}

describe('the projection of deadlines', () => {
  it('has a deadline and an owner for every status in flight', () => {
    const seen = EVENTS.map(
      (_, n) => projectionOf(EVENTS.slice(0, n + 1)).overdue(LATE)[0],
    ).flatMap((row) => (row === undefined ? [] : [row.status]));
    expect([...new Set(seen)].sort()).toEqual([...IN_FLIGHT_STATUSES].sort());
  });

  it.each([
    ['UpgradeRequested', 'pre-upgrade', LIMITS.pending],
    ['PreUpgradeStarted', 'pre-upgrade', LIMITS.step],
    ['UpgradePending', 'upgrade', LIMITS.pending],
    ['DeploymentRequested', 'upgrade', LIMITS.call],
    ['DeploymentAccepted', 'poll-upgrade', LIMITS.queued],
    ['PostUpgradePending', 'post-upgrade', LIMITS.pending],
    ['PostUpgradeStarted', 'post-upgrade', LIMITS.step],
    ['PostUpgradeCompleted', 'poll-upgrade', LIMITS.verify],
  ] as const)('gives after %s the time of its row to %s', (type, owner, limitMs) => {
    const events = before(type);
    const since = (events.length - 1) * 100;
    expect(projectionOf(events).overdue(since + limitMs - 1)).toEqual([]);
    expect(projectionOf(events).overdue(since + limitMs)).toMatchObject([
      { owner, since, limitMs },
    ]);
  });

  it('starts anew with each progress of a build', () => {
    const events = [...before('DeploymentAccepted'), progressed('running')];
    expect(projectionOf(events).overdue(800 + LIMITS.running - 1)).toEqual([]);
    expect(projectionOf(events).overdue(800 + LIMITS.running)).toHaveLength(1);
  });

  it.each([
    ['StageParked', { ...ATTEMPT, stage: 'poll-upgrade', eventId: 'e', reason: 'x' }],
    ['UpgradeCancelRequested', { ...ATTEMPT, requestedBy: 'o', reason: 'x' }],
    ['DuplicateBuildDetected', { ...ATTEMPT, builds: [] }],
  ])('lets the deadline that runs go on at %s', (type, data) => {
    expect(LIFECYCLE[type as 'StageParked'].deadline).toBe('kept');
    const events = [...before('DeploymentAccepted'), { type, data } as InstanceEvent];
    expect(projectionOf(events).overdue(LATE)).toMatchObject([
      { since: 700, limitMs: LIMITS.queued, owner: 'poll-upgrade', revision: 8 },
    ]);
  });

  it.each<[InstanceEventType, object, string]>([
    ['StageRedriven', { workOrder: ORDER, stage: 'post-upgrade', n: 1 }, 'post-upgrade'],
    [
      'UpgradeRetried',
      { workOrder: ORDER, requestedBy: 'o', reason: 'x', fromStage: 'upgrade' },
      'upgrade',
    ],
  ])('gives the deadline after %s to the stage it names', (type, data, owner) => {
    const events = [...before('UpgradeRequested'), { type, data } as InstanceEvent];
    expect(projectionOf(events).overdue(LATE)).toMatchObject([{ owner, limitMs: LIMITS.pending }]);
  });

  it('leaves only the end of the attempt while an instance waits', () => {
    const order = { ...ORDER, deadlineAt: new Date(900).toISOString() };
    const wait: InstanceEvent = {
      type: 'WaitingFor',
      data: { ...ATTEMPT, target: 'x', since: new Date(200).toISOString(), stage: 'pre-upgrade' },
    };
    const events = exampleUpgrade({ order, located: LOCATED, buildName: 'b' }).slice(0, 3);
    const projection = projectionOf([...events, wait]);
    expect(projection.overdue(899)).toEqual([]);
    expect(projection.waiting()).toMatchObject([{ waitingFor: { target: 'x' } }]);
    expect(projection.overdue(900)).toMatchObject([
      { since: 300, limitMs: 600, isAttemptOver: true },
    ]);
  });

  it('lets an event with a deadline of its own take the place of a wait', () => {
    const wait: InstanceEvent = {
      type: 'WaitingFor',
      data: { ...ATTEMPT, target: 'x', since: new Date(800).toISOString(), stage: 'poll-upgrade' },
    };
    const events = [...before('DeploymentAccepted'), wait, progressed('running')];
    const [row] = projectionOf(events).overdue(LATE);
    expect(row).toMatchObject({ since: 900, limitMs: LIMITS.running, waitingFor: { target: 'x' } });
  });

  it('cuts every deadline to the end of the attempt', () => {
    const order = { ...ORDER, deadlineAt: new Date(101).toISOString() };
    const events = exampleUpgrade({ order, located: LOCATED, buildName: 'b' }).slice(0, 3);
    expect(projectionOf(events).overdue(200)).toMatchObject([{ since: 200, limitMs: 0 }]);
  });

  it('forgets an instance whose upgrade has ended', () => {
    const projection = projectionOf([...EVENTS, verified]);
    expect(projection.size).toBe(0);
    expect(projection.overdue(LATE)).toEqual([]);
  });

  it('ignores what happens to an instance that is not being upgraded', () => {
    const report: InstanceEvent = { type: 'HealthReported', data: { status: 'running-unhealthy' } };
    expect(projectionOf([...EVENTS.slice(0, 1), report]).size).toBe(0);
  });

  it('counts from when it saw the event while no clock can be believed', async () => {
    const clock = new VirtualClock();
    const projection = projectionOf(before('UpgradeRequested'), clock);
    expect(projection.overdue(null)).toEqual([]);
    await clock.advance(LIMITS.pending);
    expect(projection.overdue(null)).toHaveLength(1);
  });
});

const moment = (at: number) => ({ at, seenAt: at });
const LIMIT = 1_000;
const run = startRun(LIMIT, moment(0));

describe('a deadline with a wait in it', () => {
  it('stands still as long as the wait lasts', () => {
    expect(suspendRun(run, 400, moment(400)).limitMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes on with what was left when the wait began, however late that was told', () => {
    const suspended = suspendRun(run, 400, moment(999));
    expect(resumeRun(suspended, moment(5_000))).toMatchObject({ since: 5_000, limitMs: 600 });
  });

  it('leaves at least a quarter of the limit to act', () => {
    const suspended = suspendRun(run, 990, moment(990));
    expect(resumeRun(suspended, moment(5_000))).toMatchObject({ limitMs: 250 });
  });

  it.each([
    ['before the deadline ran', -7_200_000, LIMIT],
    ['after the wait was told', 7_200_000, 300],
  ])('believes no clock that has the wait begin %s', (_words, waitSince, limitMs) => {
    const suspended = suspendRun(run, waitSince, moment(700));
    expect(resumeRun(suspended, moment(5_000))).toMatchObject({ limitMs });
  });

  it('keeps what was left when another wait follows on the first', () => {
    const twice = suspendRun(suspendRun(run, 400, moment(400)), 900, moment(900));
    expect(resumeRun(twice, moment(5_000))).toMatchObject({ limitMs: 600 });
  });

  it('gives time to act when a wait ends while it runs', () => {
    expect(resumeRun(run, moment(100))).toMatchObject({ since: 100, limitMs: 900 });
    expect(resumeRun(run, moment(2_000))).toMatchObject({ since: 2_000, limitMs: 250 });
  });

  it('counts every wait against the same limit', () => {
    const first = resumeRun(suspendRun(run, 400, moment(400)), moment(5_000));
    const second = resumeRun(suspendRun(first, 5_100, moment(5_100)), moment(9_000));
    expect(second).toMatchObject({ since: 9_000, limitMs: 500, wholeMs: LIMIT });
  });
});
