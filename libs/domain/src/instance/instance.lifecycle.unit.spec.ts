import type { InstanceStatus } from '../status';
import { HEALTHY_STATUSES, INSTANCE_STATUSES } from '../status';
import { EXAMPLE_EVENT_DATA } from '../testing/examples';
import type { InstanceEventType } from './instance.events';
import type { Transition } from './instance.lifecycle';
import { IN_FLIGHT_STATUSES, isInFlight } from '../status';
import { LIFECYCLE } from './instance.lifecycle';
import { destinationsOf } from './instance.lifecycle';

const rows = Object.entries(LIFECYCLE) as [InstanceEventType, Transition][];

/** Statuses that some path of events leads to. */
function reachableFrom(start: InstanceStatus | 'absent', without: readonly InstanceEventType[]) {
  const seen = new Set<string>([start]);
  for (const from of seen) {
    rows
      .filter(([type, row]) => !without.includes(type) && row.from.some((each) => each === from))
      .flatMap(([type]) => destinationsOf(type))
      .forEach((status) => seen.add(status));
  }
  return seen;
}

describe('the lifecycle table', () => {
  it('has a row for every event and no other', () => {
    expect(Object.keys(LIFECYCLE).sort()).toEqual(Object.keys(EXAMPLE_EVENT_DATA).sort());
  });

  it.each(rows)('lets %s follow known statuses only, each named once', (_type, { from }) => {
    expect(from.length).toBeGreaterThan(0);
    expect(new Set(from).size).toBe(from.length);
    expect(['absent', ...INSTANCE_STATUSES]).toEqual(expect.arrayContaining([...from]));
  });

  it.each(rows)('lets %s follow no status that nothing leads to', (_type, { from }) => {
    const reachable = reachableFrom('absent', []);
    expect(from.filter((status) => !reachable.has(status))).toEqual([]);
  });

  it.each(HEALTHY_STATUSES)('leads an instance in %s through every status of the path', (start) => {
    const reachable = reachableFrom(start, ['InstanceRegistered', 'HealthReported']);
    expect(IN_FLIGHT_STATUSES.filter((status) => !reachable.has(status))).toEqual([]);
  });

  it.each(IN_FLIGHT_STATUSES)('leads from %s back to a healthy status', (status) => {
    const reachable = reachableFrom(status, []);
    expect(HEALTHY_STATUSES.every((healthy) => reachable.has(healthy))).toBe(true);
  });

  it('lets an upgrade be requested while none is in flight, of an app that is deployed', () => {
    expect(LIFECYCLE.UpgradeRequested.from).toEqual([
      ...HEALTHY_STATUSES,
      'running-unhealthy',
      'running-unresponsive',
      'upgrade-failed',
      'post-upgrade-failed',
    ]);
  });

  it('lets an upgrade in flight begin only by a request, a late success or end of a cancel, a retry or an acceptance as it is', () => {
    const entrances = rows
      .filter(([, { from }]) => from.some((status) => !isInFlight(status)))
      .filter(([type]) => destinationsOf(type).some(isInFlight))
      .map(([type]) => type);
    expect(entrances).toEqual([
      'UpgradeRequested',
      'PostUpgradePending',
      'PostUpgradeCompleted',
      'DeploymentCancelled',
      'ScriptCancelled',
      'UpgradeRetried',
      'UpgradeAbandoned',
    ]);
  });
});

describe('nothing stalls silently', () => {
  it.each(IN_FLIGHT_STATUSES)('%s is entered with an owner and a deadline', (status) => {
    const entrances = rows.filter(([type]) => destinationsOf(type).includes(status));
    expect(entrances.length).toBeGreaterThan(0);
    for (const [, { owner, deadline }] of entrances) {
      expect(owner).not.toBeNull();
      expect(deadline).not.toBeNull();
      expect(deadline).not.toBe('kept');
    }
  });

  it.each(IN_FLIGHT_STATUSES)('%s can time out, and then ends in a failure', (status) => {
    expect(LIFECYCLE.StageTimedOut.from).toContain(status);
    const failures = (
      [
        'PreUpgradeFailed',
        'UpgradeFailed',
        'PostUpgradeFailed',
        'InstanceFoundUnresponsive',
      ] as const
    ).filter((type) => (LIFECYCLE[type].from as readonly string[]).includes(status));
    expect(failures).toHaveLength(1);
  });

  it.each(rows)('%s keeps a deadline if and only if work goes on', (type, row) => {
    const goesOn = destinationsOf(type).length === 0 && row.from.some(isInFlight);
    const leadsOn = destinationsOf(type).some(isInFlight);
    const isFollowedByFailure = type === 'StageTimedOut';
    expect(row.deadline !== null).toBe((goesOn || leadsOn) && !isFollowedByFailure);
  });
});
