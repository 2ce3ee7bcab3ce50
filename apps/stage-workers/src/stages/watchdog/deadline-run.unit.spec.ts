import { isOver, resumeRun, startRun, suspendRun } from './deadline-run';

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

describe('a deadline', () => {
  const at = startRun(LIMIT, { at: 5_000, seenAt: 70 });

  it('is over by the time of the store', () => {
    expect(isOver(at, { store: 5_999, monotonic: 9_999 })).toBe(false);
    expect(isOver(at, { store: 6_000, monotonic: 71 })).toBe(true);
  });

  it.each([
    ['is not known', null],
    ['has gone back behind its beginning', 4_999],
  ])('counts from when it was seen, with a margin, while that time %s', (_words, store) => {
    expect(isOver(at, { store, monotonic: 70 + 1.2 * LIMIT })).toBe(false);
    expect(isOver(at, { store, monotonic: 70 + 1.25 * LIMIT })).toBe(true);
  });
});
