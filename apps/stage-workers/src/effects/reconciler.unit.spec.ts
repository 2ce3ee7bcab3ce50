import { VirtualClock } from '@uplift/runtime/testing';
import type { Effect } from './effect.port';
import { reconcile } from './reconciler';

const TIMES = { intervalMs: 10_000, notFoundGapMs: 120_000, settleWindowMs: 1_200_000 };

/** Looks for a build until it is known what became of the call; `landsAfterMs`: when Lagoon shows it. */
function lookingFor(landsAfterMs = Number.POSITIVE_INFINITY, times: Partial<typeof TIMES> = {}) {
  const clock = new VirtualClock();
  const lookUps: number[] = [];
  const effect = {
    name: 'deploy',
    lookUp: () => {
      lookUps.push(clock.monotonic());
      return Promise.resolve(clock.monotonic() >= landsAfterMs ? ['lagoon-build-a'] : []);
    },
  } as unknown as Effect<string>;
  const stop = new AbortController().signal;
  const found: unknown[] = [];
  void reconcile(effect, { ...TIMES, ...times, stop }, clock).then((it) => found.push(it));
  return { clock, lookUps, found };
}

describe('a call whose answer is not known', () => {
  it('is not proved to have had no effect before the settle window is over', async () => {
    const { clock, found } = lookingFor();
    await clock.advance(TIMES.settleWindowMs - 1);
    expect(found).toEqual([]);
    await clock.advance(60_000);
    expect(found).toMatchObject([{ kind: 'not-landed' }]);
  });

  it('is not proved to have had no effect by one look-up', async () => {
    const { clock, lookUps, found } = lookingFor(undefined, {
      notFoundGapMs: 0,
      settleWindowMs: 0,
    });
    await clock.advance(1);
    expect([lookUps.length, found]).toEqual([1, []]);
    await clock.advance(TIMES.intervalMs);
    expect([lookUps.length, found]).toMatchObject([2, [{ kind: 'not-landed', lookUps: 2 }]]);
  });

  it('is found when it lands at the end of the settle window', async () => {
    const { clock, found } = lookingFor(TIMES.settleWindowMs - 60_000);
    await clock.advance(TIMES.settleWindowMs);
    expect(found).toEqual([{ kind: 'landed', landed: ['lagoon-build-a'] }]);
  });

  it('is looked for each minute once two minutes have passed', async () => {
    const { clock, lookUps } = lookingFor();
    await clock.advance(600_000);
    const pauses = lookUps.slice(1).map((at, n) => at - (lookUps[n] ?? 0));
    expect(pauses.slice(0, 12)).toEqual(Array(12).fill(10_000));
    expect(pauses.slice(12)).toEqual(Array(8).fill(60_000));
  });
});
