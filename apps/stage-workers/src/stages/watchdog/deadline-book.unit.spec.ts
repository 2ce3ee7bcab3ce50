import type { InstanceEvent, InstanceEventType, RecordedInstanceEvent } from '@uplift/domain';
import { IN_FLIGHT_STATUSES, LIFECYCLE } from '@uplift/domain';
import { exampleUpgrade, ORDER } from '../../testing/example-upgrade';
import { DeadlineBook } from './deadline-book';

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

function bookOf(events: readonly InstanceEvent[], monotonic?: () => number): DeadlineBook {
  const book = new DeadlineBook(LIMITS, monotonic);
  events.forEach((event, n) => book.record(recorded(event, n)));
  return book;
}

describe('the deadline book', () => {
  it('has a deadline and an owner for every status in flight', () => {
    const seen = EVENTS.map((_, n) => bookOf(EVENTS.slice(0, n + 1)).overdue(LATE)[0]).flatMap(
      (row) => (row === undefined ? [] : [row.status]),
    );
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
    expect(bookOf(events).overdue(since + limitMs - 1)).toEqual([]);
    expect(bookOf(events).overdue(since + limitMs)).toMatchObject([{ owner, since, limitMs }]);
  });

  it('starts anew with each progress of a build', () => {
    const events = [...before('DeploymentAccepted'), progressed('running')];
    expect(bookOf(events).overdue(800 + LIMITS.running - 1)).toEqual([]);
    expect(bookOf(events).overdue(800 + LIMITS.running)).toHaveLength(1);
  });

  it.each([
    ['StageParked', { ...ATTEMPT, stage: 'poll-upgrade', eventId: 'e', reason: 'x' }],
    ['UpgradeCancelRequested', { ...ATTEMPT, requestedBy: 'o', reason: 'x' }],
    ['DuplicateBuildDetected', { ...ATTEMPT, builds: [] }],
  ])('lets the deadline that runs go on at %s', (type, data) => {
    expect(LIFECYCLE[type as 'StageParked'].deadline).toBe('kept');
    const events = [...before('DeploymentAccepted'), { type, data } as InstanceEvent];
    expect(bookOf(events).overdue(LATE)).toMatchObject([
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
    expect(bookOf(events).overdue(LATE)).toMatchObject([{ owner, limitMs: LIMITS.pending }]);
  });

  it('leaves only the end of the attempt while an instance waits', () => {
    const order = { ...ORDER, deadlineAt: new Date(900).toISOString() };
    const wait: InstanceEvent = {
      type: 'WaitingFor',
      data: { ...ATTEMPT, target: 'x', since: new Date(200).toISOString(), stage: 'pre-upgrade' },
    };
    const events = exampleUpgrade({ order, located: LOCATED, buildName: 'b' }).slice(0, 3);
    const book = bookOf([...events, wait]);
    expect(book.overdue(899)).toEqual([]);
    expect(book.waiting()).toMatchObject([{ waitingFor: { target: 'x' } }]);
    expect(book.overdue(900)).toMatchObject([{ since: 300, limitMs: 600, isAttemptOver: true }]);
  });

  it('lets an event with a deadline of its own take the place of a wait', () => {
    const wait: InstanceEvent = {
      type: 'WaitingFor',
      data: { ...ATTEMPT, target: 'x', since: new Date(800).toISOString(), stage: 'poll-upgrade' },
    };
    const events = [...before('DeploymentAccepted'), wait, progressed('running')];
    const [row] = bookOf(events).overdue(LATE);
    expect(row).toMatchObject({ since: 900, limitMs: LIMITS.running, waitingFor: { target: 'x' } });
  });

  it('cuts every deadline to the end of the attempt', () => {
    const order = { ...ORDER, deadlineAt: new Date(101).toISOString() };
    const events = exampleUpgrade({ order, located: LOCATED, buildName: 'b' }).slice(0, 3);
    expect(bookOf(events).overdue(200)).toMatchObject([{ since: 200, limitMs: 0 }]);
  });

  it('forgets an instance whose upgrade has ended', () => {
    const book = bookOf([...EVENTS, verified]);
    expect(book.size).toBe(0);
    expect(book.overdue(LATE)).toEqual([]);
  });

  it('ignores what happens to an instance that is not being upgraded', () => {
    const report: InstanceEvent = { type: 'HealthReported', data: { status: 'running-unhealthy' } };
    expect(bookOf([...EVENTS.slice(0, 1), report]).size).toBe(0);
  });

  it('counts from when it saw the event while no clock can be believed', () => {
    let monotonic = 50;
    const book = bookOf(before('UpgradeRequested'), () => monotonic);
    expect(book.overdue(null)).toEqual([]);
    monotonic += LIMITS.pending;
    expect(book.overdue(null)).toHaveLength(1);
  });
});
