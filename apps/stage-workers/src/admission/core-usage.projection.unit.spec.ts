import type { InstanceEvent, InstanceEventType, RecordedInstanceEvent } from '@uplift/domain';
import { exampleUpgrade, ORDER, PROFILE } from '../testing/example-upgrade';
import type { CoreLimits } from './core-usage.projection';
import { CoreUsageProjection } from './core-usage.projection';

const LIMITS: CoreLimits = {
  name: 'eu',
  triggersPerHour: 60,
  triggerBurst: 5,
  buildsInFlight: 2,
};
const MINUTE = 60_000;
const EVENTS = exampleUpgrade({
  order: ORDER,
  located: { projectId: 1, environmentId: 2, route: null },
  buildName: 'lagoon-build-1',
});
const ATTEMPT = { upgradeId: ORDER.upgradeId, attempt: 1 };
const FAILURE = { ...ATTEMPT, reason: 'x', evidence: {}, retryable: true };
const upTo = (type: InstanceEventType) =>
  EVENTS.slice(0, EVENTS.findIndex((event) => event.type === type) + 1);
const workOrder = { ...ORDER, located: null };

function bookOf(limits: CoreLimits | null = LIMITS) {
  const book = new CoreUsageProjection(() => limits);
  const tell = (instanceId: string, at: number, ...events: readonly InstanceEvent[]) =>
    events
      .map((event): RecordedInstanceEvent => ({ instanceId, eventId: 'e', revision: 0, at, event }))
      .forEach((recorded) => book.record(recorded));
  return { book, tell };
}

describe('the admission book', () => {
  it.each([
    ['UpgradePending', 0],
    ['UpgradeStarted', 0],
    ['DeploymentRequested', 1],
    ['DeploymentAccepted', 1],
    ['UpgradeCompleted', 0],
  ] as const)('counts what is under way: after %s %d', (type, count) => {
    const { book, tell } = bookOf();
    tell('i', 0, ...upTo(type));
    expect(book.buildsInFlight('eu-1')).toBe(count);
  });

  it.each<[string, InstanceEvent]>([
    ['failure', { type: 'UpgradeFailed', data: FAILURE }],
    ['cancel', { type: 'UpgradeCancelled', data: { ...ATTEMPT, status: ORDER.originStatus } }],
    ['cancelled build', { type: 'DeploymentCancelled', data: { workOrder, buildName: 'b' } }],
  ])('gives the room back after a %s', (_words, event) => {
    const { book, tell } = bookOf();
    tell('i', 0, ...upTo('DeploymentAccepted'), event);
    expect(book.buildsInFlight('eu-1')).toBe(0);
  });

  it('counts the script of an upgrade as under way, without a trigger', () => {
    const { book, tell } = bookOf({ ...LIMITS, triggerBurst: 1 });
    const script = { ...ATTEMPT, callNo: 1, marker: 'm', worker: 'w' };
    tell('i', 0, ...upTo('UpgradeStarted'));
    tell('i', 0, { type: 'ScriptRequested', data: { ...script, step: 'upgrade' } });
    expect(book.buildsInFlight('eu-1')).toBe(1);
    expect(book.why('eu-1', 0)).toBeNull();
  });

  it('does not count scripts before and after', () => {
    const { book, tell } = bookOf();
    const script = { ...ATTEMPT, callNo: 1, marker: 'm', worker: 'w' };
    tell('i', 0, ...upTo('PreUpgradeStarted'));
    tell('i', 0, { type: 'ScriptRequested', data: { ...script, step: 'pre-upgrade' } });
    expect(book.buildsInFlight('eu-1')).toBe(0);
  });

  it('says that too many builds are under way, until one ends', () => {
    const { book, tell } = bookOf();
    tell('a', 0, ...upTo('DeploymentRequested'));
    expect(book.why('eu-1', 0)).toBeNull();
    tell('b', 0, ...upTo('DeploymentRequested'));
    expect(book.why('eu-1', 0)).toBe('builds-in-flight');
    expect(book.shutUntil('eu-1')).toBe(Number.POSITIVE_INFINITY);
    tell('b', 7, { type: 'UpgradeFailed', data: FAILURE });
    expect(book.why('eu-1', 7)).toBeNull();
    expect(book.shutUntil('eu-1')).toBe(7);
  });

  it('says that the rate is used up, and until when', () => {
    const { book, tell } = bookOf({ ...LIMITS, buildsInFlight: 0, triggerBurst: 2 });
    tell('a', 0, ...upTo('DeploymentRequested'));
    tell('b', 0, ...upTo('DeploymentRequested'));
    expect(book.why('eu-1', 0)).toBe('trigger-rate');
    expect(book.shutUntil('eu-1')).toBeCloseTo(MINUTE, 0);
    expect(book.why('eu-1', MINUTE)).toBeNull();
  });

  it('adds up all names of one core, and keeps cores apart', () => {
    const of = (core: string) => ({ ...LIMITS, name: core.slice(0, 2), buildsInFlight: 1 });
    const book = new CoreUsageProjection(of);
    const order = { ...ORDER, profile: { ...PROFILE, core: 'eu-9' } };
    const requested = upTo('DeploymentRequested');
    const opened: InstanceEvent = {
      type: 'UpgradeRequested',
      data: { workOrder: order, requestedBy: 'o', reason: 'x', rolloutId: null },
    };
    const told = { instanceId: 'i', eventId: 'e', revision: 0, at: 0 };
    [opened, ...requested.slice(-1)].forEach((event) => book.record({ ...told, event }));
    expect(book.why('eu-1', 0)).toBe('builds-in-flight');
    expect(book.why('us-1', 0)).toBeNull();
  });

  it('limits nothing where nothing was agreed', () => {
    const { book, tell } = bookOf(null);
    for (const id of ['a', 'b', 'c']) tell(id, 0, ...upTo('DeploymentRequested'));
    expect(book.why('eu-1', 0)).toBeNull();
    expect(book.shutUntil('eu-1')).toBe(Number.NEGATIVE_INFINITY);
  });
});
