import type {
  InstanceEvent,
  InstanceEventType,
  RecordedInstanceEvent,
  WorkOrder,
} from '@uplift/domain';
import { IN_FLIGHT_STATUSES, LIFECYCLE } from '@uplift/domain';
import { VirtualClock } from '@uplift/runtime/testing';
import { exampleUpgrade, ORDER } from '../../testing/example-upgrade';
import type { DeadlineLimits } from './deadline-row';
import { DeadlineProjection } from './deadlines.projection';

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
    ['InstanceClaimed', { ...ATTEMPT, requestedBy: 'o', reason: 'x' }],
    ['DeregistrationRequested', { ...ATTEMPT, requestedBy: 'o', reason: 'x' }],
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

  it('lets an event with a deadline of its own take the place of a wait', () => {
    const wait: InstanceEvent = {
      type: 'WaitingFor',
      data: { ...ATTEMPT, target: 'x', since: new Date(800).toISOString(), stage: 'poll-upgrade' },
    };
    const events = [...before('DeploymentAccepted'), wait, progressed('running')];
    const [row] = projectionOf(events).overdue(LATE);
    expect(row).toMatchObject({ since: 900, limitMs: LIMITS.running, waitingFor: { target: 'x' } });
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
    await clock.advance(2 * LIMITS.pending);
    expect(projection.overdue(null)).toHaveLength(1);
  });
});

const HOUR = 3_600_000;
const waits = (sinceHour: number): InstanceEvent => ({
  type: 'WaitingFor',
  data: { ...ATTEMPT, target: 'x', since: iso(sinceHour * HOUR), stage: 'poll-upgrade' },
});
const waitedEnough: InstanceEvent = {
  type: 'WaitEnded',
  data: { ...ATTEMPT, target: 'x', waitedMs: 1 },
};
const iso = (ms: number) => new Date(ms).toISOString();

/** What is told of one instance, each event at a full hour, of an attempt of three hours. */
function attemptOf(
  told: readonly (readonly [hour: number, event: InstanceEvent])[],
  order: WorkOrder = { ...ORDER, attemptMs: 3 * HOUR },
) {
  const limits = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, 99 * HOUR]));
  const projection = new DeadlineProjection(limits as DeadlineLimits, new VirtualClock());
  const upgrade = exampleUpgrade({ order, located: LOCATED, buildName: 'b' });
  const byType = (type: string) => upgrade.find((event) => event.type === type)!;
  const requested = [10, byType('UpgradeRequested')] as const;
  [requested, ...told].forEach(([hour, event], revision) =>
    projection.record({ instanceId: 'i', eventId: `e${hour}`, revision, at: hour * HOUR, event }),
  );
  const endsAt = () => {
    for (let hour = told.at(-1)?.[0] ?? 10; hour < 90; hour += 1) {
      const [row] = projection.overdue(hour * HOUR);
      if (row !== undefined) return { hour, ...row };
    }
    return null;
  };
  return { projection, endsAt };
}

const STARTED = EVENTS.find(({ type }) => type === 'PreUpgradeStarted')!;

describe('the clock of an attempt', () => {
  it('begins with the first work, however long that was waited for', () => {
    expect(attemptOf([]).endsAt()).toBeNull();
    expect(attemptOf([[20, STARTED]]).endsAt()).toMatchObject({
      hour: 23,
      since: 20 * HOUR,
      limitMs: 3 * HOUR,
      isAttemptOver: true,
    });
  });

  it.each([
    ['admission', 'admission:eu-1'],
    ['a switch', 'switch:system'],
    ['a queue', 'queue:upgrade'],
    ['a core that is away', 'lagoon:eu-1'],
    ['a token', 'credentials:eu-1'],
  ])('stands still while %s is waited for', (_words, target) => {
    const wait = { ...waits(12), data: { ...waits(12).data, target } } as InstanceEvent;
    const over = { ...waitedEnough, data: { ...waitedEnough.data, target } } as InstanceEvent;
    expect(
      attemptOf([
        [11, STARTED],
        [12, wait],
      ]).endsAt(),
    ).toBeNull();
    expect(
      attemptOf([
        [11, STARTED],
        [12, wait],
        [40, over],
      ]).endsAt(),
    ).toMatchObject({ hour: 42 });
  });

  it('counts every wait, from its beginning however late it is told, and gives nothing on top', () => {
    const told = [
      [11, STARTED],
      [13, waits(12)],
      [20, waitedEnough],
      [21, waits(21)],
      [30, waitedEnough],
    ] as const;
    expect(attemptOf(told).endsAt()).toMatchObject({ hour: 31 });
  });

  it('is over at once when the wait began after its end', () => {
    expect(
      attemptOf([
        [11, STARTED],
        [16, waits(15)],
        [20, waitedEnough],
      ]).endsAt(),
    ).toMatchObject({
      hour: 20,
    });
  });

  it('goes on with an answer that shows that nothing is waited for any more', () => {
    const told = [
      [11, STARTED],
      [12, waits(12)],
      [20, progressed('running')],
    ] as const;
    expect(attemptOf(told).endsAt()).toMatchObject({ hour: 22 });
  });

  it('stands still over notes', () => {
    const note: InstanceEvent = {
      type: 'UpgradeCancelRequested',
      data: { ...ATTEMPT, requestedBy: 'o', reason: 'x' },
    };
    expect(
      attemptOf([
        [11, STARTED],
        [12, waits(12)],
        [13, note],
      ]).endsAt(),
    ).toBeNull();
  });

  const asked = { requestedBy: 'o', reason: 'x' };
  const parked: InstanceEvent = { type: 'InstanceParked', data: { ...ATTEMPT, ...asked } };
  const order3 = { ...ORDER, attemptMs: 3 * HOUR };
  const unparked: InstanceEvent = {
    type: 'InstanceUnparked',
    data: { workOrder: order3, ...asked },
  };

  it('stands still while an operator holds the instance, whatever happens to it', () => {
    const held = [
      [11, STARTED],
      [12, parked],
      [13, progressed('running')],
      [14, waitedEnough],
    ] as const;
    expect(attemptOf(held).endsAt()).toBeNull();
    expect(attemptOf(held).projection.waiting()).toMatchObject([
      { waitingFor: { target: 'operator', since: iso(12 * HOUR) } },
    ]);
    expect(attemptOf([...held, [40, unparked]]).endsAt()).toMatchObject({ hour: 42 });
  });

  it('goes on standing still when the operator lets go of an instance that waits', () => {
    const told = [
      [11, STARTED],
      [12, waits(12)],
      [13, parked],
      [20, unparked],
    ] as const;
    expect(attemptOf(told).endsAt()).toBeNull();
    expect(attemptOf([...told, [40, waitedEnough]]).endsAt()).toMatchObject({ hour: 42 });
    const ended = [...told.slice(0, 3), [14, waitedEnough], [20, unparked]] as const;
    expect(attemptOf(ended).endsAt()).toMatchObject({ hour: 22 });
  });

  it('goes on standing still when the stage of an instance that waits is offered again', () => {
    const redriven: InstanceEvent = {
      type: 'StageRedriven',
      data: { workOrder: order3, stage: 'poll-upgrade', n: 1 },
    };
    expect(
      attemptOf([
        [11, STARTED],
        [12, waits(12)],
        [13, redriven],
      ]).endsAt(),
    ).toBeNull();
  });

  it('begins anew with another attempt', () => {
    const retried: InstanceEvent = {
      type: 'UpgradeRetried',
      data: {
        workOrder: { ...ORDER, attemptMs: 3 * HOUR, attempt: 2 },
        requestedBy: 'o',
        reason: 'x',
        fromStage: 'pre-upgrade',
      },
    };
    expect(
      attemptOf([
        [11, STARTED],
        [13, retried],
      ]).endsAt(),
    ).toBeNull();
    expect(
      attemptOf([
        [11, STARTED],
        [13, retried],
        [15, STARTED],
      ]).endsAt(),
    ).toMatchObject({
      hour: 18,
    });
  });

  it.each([
    ['has the time that its old order left from the request on', iso(14 * HOUR), 15],
    ['has none if its old order had ended before it was asked for', iso(1 * HOUR), 11],
  ])('%s', (_words, deadlineAt, hour) => {
    const { attemptMs: _none, ...old } = ORDER;
    expect(attemptOf([[11, STARTED]], { ...old, deadlineAt }).endsAt()).toMatchObject({ hour });
  });
});
