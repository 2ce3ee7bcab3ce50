import type {
  InstanceEvent,
  InstanceEventType,
  RecordedInstanceEvent,
  UpgradeStage,
  WorkOrder,
} from '@uplift/domain';
import { ordering } from '@uplift/domain/testing';
import { exampleUpgrade, ORDER, PROFILE } from '../testing/example-upgrade';
import type { CoreLimits } from './core-limits';
import { CoreUsageProjection } from './core-usage.projection';

const LIMITS: CoreLimits = {
  name: 'eu',
  triggersPerHour: 60,
  triggerBurst: 5,
  buildsInFlight: 2,
};
const MINUTE = 60_000;
const PLACE = {
  located: { projectId: 1, environmentId: 2, route: null },
  buildName: 'lagoon-build-1',
};
const EVENTS = exampleUpgrade({ order: ORDER, ...PLACE });
const ATTEMPT = { upgradeId: ORDER.upgradeId, attempt: 1 };
const FAILURE = { ...ATTEMPT, reason: 'x', evidence: {}, retryable: true };
const upTo = (type: InstanceEventType) =>
  EVENTS.slice(0, EVENTS.findIndex((event) => event.type === type) + 1);
const CALL = { ...ATTEMPT, marker: 'm', bulkId: null, worker: 'w' };
const workOrder = { ...ORDER, located: null };
const of = (changes: Partial<WorkOrder>, type: InstanceEventType) => ordering(changes, upTo(type));
const retried = (fromStage: UpgradeStage): InstanceEvent => ({
  type: 'UpgradeRetried',
  data: { workOrder: { ...workOrder, attempt: 2 }, requestedBy: 'o', reason: 'x', fromStage },
});

function usageOf(limits: CoreLimits | null = LIMITS) {
  const usage = new CoreUsageProjection(() => limits);
  const tell = (instanceId: string, at: number, ...events: readonly InstanceEvent[]) =>
    events
      .map((event): RecordedInstanceEvent => ({ instanceId, eventId: 'e', revision: 0, at, event }))
      .forEach((recorded) => usage.record(recorded));
  return { usage, tell };
}

describe('the usage of a core', () => {
  it.each([
    ['UpgradeRequested', 0],
    ['PreUpgradeStarted', 1],
    ['UpgradePending', 1],
    ['DeploymentAccepted', 1],
    ['UpgradeCompleted', 0],
    ['PostUpgradeCompleted', 0],
  ] as const)(
    'counts an attempt from its start to the end of its deployment: after %s %d',
    (type, count) => {
      const { usage, tell } = usageOf();
      tell('i', 0, ...upTo(type));
      expect(usage.buildsInFlight('eu-1')).toBe(count);
    },
  );

  it.each<[string, InstanceEvent]>([
    ['failure before the deployment', { type: 'PreUpgradeFailed', data: FAILURE }],
    ['failure', { type: 'UpgradeFailed', data: FAILURE }],
    ['cancel', { type: 'UpgradeCancelled', data: { ...ATTEMPT, status: ORDER.originStatus } }],
    ['cancelled build', { type: 'DeploymentCancelled', data: { workOrder, buildName: 'b' } }],
  ])('gives the room back after a %s', (_words, event) => {
    const { usage, tell } = usageOf();
    tell('i', 0, ...upTo('DeploymentAccepted'), event);
    expect(usage.buildsInFlight('eu-1')).toBe(0);
  });

  it('counts the script of an upgrade as under way, without a trigger', () => {
    const { usage, tell } = usageOf({ ...LIMITS, triggerBurst: 1 });
    const script = { ...ATTEMPT, callNo: 1, marker: 'm', worker: 'w' };
    tell('i', 0, ...of({ strategy: 'script' }, 'UpgradeStarted'));
    tell('i', 0, { type: 'ScriptRequested', data: { ...script, step: 'upgrade' } });
    expect(usage.buildsInFlight('eu-1')).toBe(1);
    expect(usage.why('eu-1', 0)).toBeNull();
  });

  it.each(['pre-upgrade', 'post-upgrade'] as const)(
    'counts no %s script beside the attempt it belongs to',
    (step) => {
      const { usage, tell } = usageOf();
      const script = { ...ATTEMPT, callNo: 1, marker: 'm', worker: 'w', step };
      const stage = step === 'pre-upgrade' ? 'PreUpgradeStarted' : 'PostUpgradeStarted';
      tell('i', 0, ...upTo(stage));
      const before = usage.buildsInFlight('eu-1');
      tell('i', 0, { type: 'ScriptRequested', data: script });
      expect(usage.buildsInFlight('eu-1')).toBe(before);
    },
  );

  it('reserves a trigger at the start: the deployment costs none, a repeated call does', () => {
    const { usage, tell } = usageOf({ ...LIMITS, triggerBurst: 2 });
    tell('i', 0, ...upTo('DeploymentRequested'));
    expect(usage.roomAt('eu-1', 0)).toBe(1);
    tell('i', 0, { type: 'DeploymentRequested', data: { ...CALL, callNo: 2 } });
    expect(usage.why('eu-1', 0)).toBe('trigger-rate');
  });

  it('gets the trigger back from an attempt that ends before it was used', () => {
    const { usage, tell } = usageOf({ ...LIMITS, triggerBurst: 1 });
    tell('i', 0, ...upTo('PreUpgradeStarted'));
    expect(usage.why('eu-1', 0)).toBe('trigger-rate');
    tell('i', 5, { type: 'PreUpgradeFailed', data: FAILURE });
    expect(usage.why('eu-1', 5)).toBeNull();
    tell('j', 5, ...upTo('DeploymentRequested'), { type: 'UpgradeFailed', data: FAILURE });
    expect(usage.why('eu-1', 5)).toBe('trigger-rate');
  });

  it.each([
    ['pre-upgrade', 'PreUpgradeStarted'],
    ['upgrade', 'DeploymentRequested'],
  ] as const)('admits a retry from %s anew, with the first it does', (fromStage, begins) => {
    const { usage, tell } = usageOf({ ...LIMITS, triggerBurst: 2 });
    tell('i', 0, ...upTo('DeploymentAccepted'), { type: 'UpgradeFailed', data: FAILURE });
    tell('i', 0, retried(fromStage));
    expect(usage.isQueued('i')).toBe(true);
    expect(usage.buildsInFlight('eu-1')).toBe(0);
    tell('i', 0, ...EVENTS.filter(({ type }) => type === begins));
    expect(usage.isQueued('i')).toBe(false);
    expect(usage.buildsInFlight('eu-1')).toBe(1);
    expect(usage.why('eu-1', 0)).toBe('trigger-rate');
  });

  it.each(['post-upgrade', 'poll-upgrade'] as const)(
    'asks nothing of a retry from %s: nothing is triggered',
    (fromStage) => {
      const { usage, tell } = usageOf();
      tell('i', 0, ...upTo('PostUpgradeStarted'), { type: 'PostUpgradeFailed', data: FAILURE });
      tell('i', 0, retried(fromStage));
      expect(usage.isQueued('i')).toBe(false);
      expect(usage.buildsInFlight('eu-1')).toBe(0);
    },
  );

  it('admits orders of an earlier build at their deployment: they may have begun without admission', () => {
    const { usage, tell } = usageOf();
    const { attemptMs: _none, ...old } = ORDER;
    const events = exampleUpgrade({
      order: { ...old, deadlineAt: '2026-01-01T12:00:00.000Z' },
      ...PLACE,
    });
    const until = (type: InstanceEventType) =>
      events.slice(0, events.findIndex((event) => event.type === type) + 1);
    tell('i', 0, ...until('PreUpgradeCompleted'));
    expect([usage.isQueued('i'), usage.buildsInFlight('eu-1')]).toEqual([false, 0]);
    tell('i', 0, ...events.filter(({ type }) => type === 'UpgradePending'));
    expect([usage.isQueued('i'), usage.buildsInFlight('eu-1')]).toEqual([true, 0]);
    tell('i', 0, ...events.filter(({ type }) => type === 'DeploymentRequested'));
    expect([usage.isQueued('i'), usage.buildsInFlight('eu-1')]).toEqual([false, 1]);
  });

  it('says that too many builds are under way, until one ends', () => {
    const { usage, tell } = usageOf();
    tell('a', 0, ...upTo('DeploymentRequested'));
    expect(usage.why('eu-1', 0)).toBeNull();
    tell('b', 0, ...upTo('DeploymentRequested'));
    expect(usage.why('eu-1', 0)).toBe('builds-in-flight');
    expect(usage.shutUntil('eu-1')).toBe(Number.POSITIVE_INFINITY);
    tell('b', 7, { type: 'UpgradeFailed', data: FAILURE });
    expect(usage.why('eu-1', 7)).toBeNull();
    expect(usage.shutUntil('eu-1')).toBe(7);
  });

  it('says that the rate is used up, and until when', () => {
    const { usage, tell } = usageOf({ ...LIMITS, buildsInFlight: 0, triggerBurst: 2 });
    tell('a', 0, ...upTo('DeploymentRequested'));
    tell('b', 0, ...upTo('DeploymentRequested'));
    expect(usage.why('eu-1', 0)).toBe('trigger-rate');
    expect(usage.shutUntil('eu-1')).toBeCloseTo(MINUTE, 0);
    expect(usage.why('eu-1', MINUTE)).toBeNull();
  });

  it('adds up all names of one core, and keeps cores apart', () => {
    const of = (core: string) => ({ ...LIMITS, name: core.slice(0, 2), buildsInFlight: 1 });
    const usage = new CoreUsageProjection(of);
    const order = { ...ORDER, profile: { ...PROFILE, core: 'eu-9' } };
    const requested = upTo('DeploymentRequested');
    const opened: InstanceEvent = {
      type: 'UpgradeRequested',
      data: { workOrder: order, requestedBy: 'o', reason: 'x', rolloutId: null },
    };
    const told = { instanceId: 'i', eventId: 'e', revision: 0, at: 0 };
    [opened, ...requested.slice(-2)].forEach((event) => usage.record({ ...told, event }));
    expect(usage.why('eu-1', 0)).toBe('builds-in-flight');
    expect(usage.why('us-1', 0)).toBeNull();
  });

  it('limits nothing where nothing was agreed', () => {
    const { usage, tell } = usageOf(null);
    for (const id of ['a', 'b', 'c']) tell(id, 0, ...upTo('DeploymentRequested'));
    expect(usage.why('eu-1', 0)).toBeNull();
    expect(usage.shutUntil('eu-1')).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('the queue of a core', () => {
  const waiting = (...ids: readonly string[]) => {
    const { usage, tell } = usageOf({ ...LIMITS, triggerBurst: 1 });
    for (const id of ids) tell(id, 0, ...upTo('UpgradeRequested'));
    const queue = () => [...usage.queueAt('eu-1')];
    return { usage, tell, queue };
  };
  const prioritized: InstanceEvent = {
    type: 'UpgradePrioritized',
    data: { ...ATTEMPT, priority: 'urgent', requestedBy: 'o', reason: 'x' },
  };

  it('is first come first served, and holds nobody who has begun or ended', () => {
    const { tell, queue } = waiting('a', 'b', 'c', 'd');
    tell('b', 1, { type: 'UpgradeCancelled', data: { ...ATTEMPT, status: ORDER.originStatus } });
    tell('a', 1, ...EVENTS.slice(2, 3));
    expect(queue()).toEqual(['c', 'd']);
  });

  it('has the urgent ones in front, first come first served', () => {
    const { tell, queue } = waiting('a', 'b', 'c');
    tell('c', 1, prioritized);
    tell('d', 2, ...of({ priority: 'urgent' }, 'UpgradeRequested'));
    tell('b', 3, prioritized);
    tell('c', 4, prioritized);
    expect(queue()).toEqual(['c', 'd', 'b', 'a']);
  });

  it('leaves out whoever is parked, who comes again at its end', () => {
    const { tell, queue } = waiting('a', 'b');
    tell('a', 1, { type: 'InstanceParked', data: { ...ATTEMPT, requestedBy: 'o', reason: 'x' } });
    expect(queue()).toEqual(['b']);
    tell('a', 1, prioritized);
    expect(queue()).toEqual(['b']);
    const again = { workOrder, requestedBy: 'o', reason: 'x' };
    tell('a', 2, { type: 'InstanceUnparked', data: again });
    expect(queue()).toEqual(['b', 'a']);
  });

  it('keeps whoever is claimed while it waits', () => {
    const { tell, queue } = waiting('a', 'b');
    tell('a', 1, { type: 'InstanceClaimed', data: { ...ATTEMPT, requestedBy: 'o', reason: 'x' } });
    expect(queue()).toEqual(['a', 'b']);
  });

  it('tells places, and when they are likely to be reached', () => {
    const { usage, tell } = waiting('a', 'b', 'c');
    const at = (id: string) => usage.queued(id, 0);
    expect(at('a')).toEqual({ place: 1, estimatedAt: 0 });
    expect(at('c')?.place).toBe(3);
    expect(at('c')?.estimatedAt).toBeCloseTo(2 * MINUTE, 0);
    tell('a', 0, ...EVENTS.slice(2, 3));
    expect(at('a')).toBeNull();
    expect(at('c')?.place).toBe(2);
    expect(at('c')?.estimatedAt).toBeCloseTo(2 * MINUTE, 0);
    expect(usage.queued('c', 30 * MINUTE)?.estimatedAt).toBe(30 * MINUTE);
  });

  it('does not guess when other builds will end', () => {
    const { usage, tell } = usageOf({ ...LIMITS, triggersPerHour: 0 });
    tell('a', 0, ...upTo('UpgradeRequested'));
    expect(usage.queued('a', 0)).toEqual({ place: 1, estimatedAt: null });
  });

  it('knows of nobody at a core without limits', () => {
    const { usage, tell } = usageOf(null);
    tell('a', 0, ...upTo('UpgradeRequested'));
    expect([...usage.queueAt('eu-1')]).toEqual([]);
    expect(usage.queued('a', 0)).toBeNull();
    expect(usage.roomAt('eu-1', 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
