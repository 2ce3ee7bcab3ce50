import type { InstanceEvent, UpgradeView } from '@uplift/domain';
import { evolveUpgradeView } from '@uplift/domain';
import {
  commandSequences,
  event,
  eventsOf,
  HISTORY_INTO,
  recorded,
  upTo,
  WHOLE_UPGRADE,
} from '@uplift/domain/testing';
import fc from 'fast-check';
import { UpgradeStatistics } from './upgrade-statistics';

function counted(...events: readonly InstanceEvent[]): UpgradeStatistics {
  const statistics = new UpgradeStatistics();
  for (const each of recorded(events)) statistics.record(each);
  return statistics;
}

const endsIn = (statistics: UpgradeStatistics) =>
  statistics.ended.map(([{ outcome, reason_class: reason }, count]) => [outcome, reason, count]);
const timesIn = (statistics: UpgradeStatistics, name: 'duration' | 'active' | 'queue') =>
  Object.fromEntries(
    statistics[name].kept.map(({ labels, sum }) => [`${labels.stage} ${labels.outcome}`, sum]),
  );

const hasEnded = (view: UpgradeView | null) => typeof view?.endedAt === 'number';

/** How often the row of the read model came to an end. */
function endsOfRow(events: readonly InstanceEvent[]): number {
  let view: UpgradeView | null = null;
  let ends = 0;
  for (const each of recorded(events)) {
    const before: UpgradeView | null = view;
    view = evolveUpgradeView(view, each);
    if (hasEnded(view) && !hasEnded(before)) ends += 1;
  }
  return ends;
}

describe('the statistics of upgrades', () => {
  it('count an upgrade once, when it has ended', () => {
    expect(endsIn(counted(...WHOLE_UPGRADE.slice(0, -1)))).toEqual([]);
    expect(endsIn(counted(...WHOLE_UPGRADE))).toEqual([['succeeded', 'none', 1]]);
  });

  it('time each stage, the wait before it apart', () => {
    const statistics = counted(...WHOLE_UPGRADE);
    const duration = timesIn(statistics, 'duration');
    const stages = ['pre-upgrade', 'upgrade', 'post-upgrade', 'verify'];
    expect(Object.keys(duration)).toEqual(stages.map((stage) => `${stage} completed`));
    for (const [stage, seconds] of Object.entries(timesIn(statistics, 'queue'))) {
      expect(seconds + (timesIn(statistics, 'active')[stage] ?? Number.NaN)).toBe(duration[stage]);
    }
    expect(duration['upgrade completed']).toBeGreaterThan(0);
  });

  it('tell why an upgrade failed by the class of its reason, and end the stage that failed', () => {
    const failed = counted(...HISTORY_INTO['upgrade-running'], event('UpgradeFailed'));
    expect(endsIn(failed)).toEqual([['failed', expect.not.stringMatching('none'), 1]]);
    expect(Object.keys(timesIn(failed, 'duration'))).toEqual([
      'pre-upgrade completed',
      'upgrade failed',
    ]);
  });

  it('count an upgrade that is retried at each of its ends', () => {
    const events = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];
    const retried = [...events, event('UpgradeRetried')];
    expect(endsIn(counted(...retried))).toMatchObject([['failed', expect.anything(), 1]]);
    const again = counted(...retried, event('UpgradeExpired'));
    expect(endsIn(again).map(([outcome]) => outcome)).toEqual(['failed', 'expired']);
  });

  it('count what was cancelled before it began', () => {
    const cancelled = counted(...upTo('UpgradeRequested'), event('UpgradeCancelled'));
    expect(endsIn(cancelled)).toEqual([['cancelled', 'none', 1]]);
    expect(Object.keys(timesIn(cancelled, 'duration'))).toEqual(['pre-upgrade cancelled']);
    expect(timesIn(cancelled, 'queue')).toEqual({});
  });

  it('count as many ends as the read model shows, whatever was commanded', () => {
    fc.assert(
      fc.property(commandSequences.map(eventsOf), (events) => {
        const ends = counted(...events).ended.reduce((sum, [, count]) => sum + count, 0);
        expect(ends).toBe(endsOfRow(events));
      }),
      { numRuns: 200 },
    );
  });

  it('never count time backwards when the clocks of two store nodes differ', () => {
    const statistics = new UpgradeStatistics();
    for (const each of recorded(WHOLE_UPGRADE)) statistics.record({ ...each, at: -each.at });
    expect(Object.values(timesIn(statistics, 'duration')).every((sum) => sum === 0)).toBe(true);
  });
});
