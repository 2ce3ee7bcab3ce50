import type { StageDocument, TimelineEntryDocument } from '@uplift/contracts';
import { at, event, INSTANCE, stage, UPGRADE } from '../testing/report-examples';
import { upgradeReport } from './upgrade-report';

const reportOf = (
  stages: readonly StageDocument[],
  timeline: readonly TimelineEntryDocument[] = [],
  now = '09:00',
) => {
  const upgrade = { ...UPGRADE, stages: [...stages] };
  return upgradeReport({ instance: INSTANCE, upgrade, timeline, at: at(now) });
};

/** Seconds of each kind, and the pieces in order. */
const timesOf = (...args: Parameters<typeof reportOf>) =>
  reportOf(...args).stages.map(({ queuedMs, activeMs, waitingMs, spans }) => ({
    seconds: [queuedMs, activeMs, waitingMs].map((ms) => ms / 1_000),
    pieces: spans.map(({ kind, from, to }) => `${kind} ${(to - from) / 1_000}`),
  }));

describe('the time of a stage', () => {
  it('is queued until it begins, and active until it ends', () => {
    expect(timesOf([stage('upgrade', '01:00', '01:10', '02:00')])).toEqual([
      { seconds: [10, 50, 0], pieces: ['queued 10', 'active 50'] },
    ]);
  });

  it('is waiting while something outside was told to hold it up, before its begin too', () => {
    const timeline = [
      event('00:10', 'WaitingFor', 'admission:default, place 3'),
      event('00:40', 'PreUpgradeStarted'),
      event('01:00', 'WaitingFor', 'lagoon:default'),
      event('01:20', 'WaitEnded', 'lagoon:default'),
    ];
    const [first] = reportOf([stage('pre-upgrade', '00:00', '00:40', '02:00')], timeline).stages;
    expect(first?.spans.map(({ kind, target }) => [kind, target])).toEqual([
      ['queued', null],
      ['waiting', 'admission:default'],
      ['active', null],
      ['waiting', 'lagoon:default'],
      ['active', null],
    ]);
    expect(first).toMatchObject({ queuedMs: 10_000, waitingMs: 50_000, activeMs: 60_000 });
  });

  it('goes on waiting behind a start that did not end the wait', () => {
    const timeline = [
      event('00:10', 'WaitingFor', 'lagoon:default'),
      event('00:40', 'UpgradeStarted'),
      event('00:50', 'WaitEnded'),
    ];
    expect(timesOf([stage('upgrade', '00:00', '00:40', '01:00')], timeline)).toEqual([
      {
        seconds: [10, 10, 40],
        pieces: ['queued 10', 'waiting 30', 'waiting 10', 'active 10'],
      },
    ]);
  });

  it('ends one wait where the next begins, and the last with the stage', () => {
    const timeline = [
      event('00:10', 'WaitingFor', 'lagoon:default'),
      event('00:20', 'WaitingFor', 'credentials:default'),
    ];
    const stages = [
      stage('upgrade', '00:00', '00:00', '00:30'),
      stage('post-upgrade', '00:30', '00:30', '01:00'),
    ];
    expect(timesOf(stages, timeline)).toEqual([
      { seconds: [0, 10, 20], pieces: ['active 10', 'waiting 10', 'waiting 10'] },
      { seconds: [0, 30, 0], pieces: ['active 30'] },
    ]);
  });

  it('is up to the time of the answer while it goes on, and of a stage that has not begun queued', () => {
    const open = reportOf([stage('upgrade', '01:00', null, null)], [], '01:30').stages[0];
    expect(open).toMatchObject({ isOpen: true, queuedMs: 30_000, activeMs: 0 });
  });

  it('is nothing, and not less, where clocks differ', () => {
    expect(timesOf([stage('upgrade', '02:00', null, null)], [], '01:00')).toEqual([
      { seconds: [0, 0, 0], pieces: [] },
    ]);
    expect(timesOf([stage('upgrade', '01:00', '03:00', '02:00')])).toEqual([
      { seconds: [60, 0, 0], pieces: ['queued 60'] },
    ]);
  });

  it('knows nothing of what another upgrade waited for', () => {
    const timeline = [event('00:10', 'WaitingFor', 'lagoon:default', 'u-0')];
    const report = reportOf([stage('upgrade', '00:00', '00:00', '01:00')], timeline);
    expect(report.timeline).toEqual([]);
    expect(report.stages[0]).toMatchObject({ waitingMs: 0, activeMs: 60_000 });
  });
});
