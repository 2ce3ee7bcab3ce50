import { SeededRandomness, VirtualClock } from '../testing';
import { clockSuite, randomnessSuite } from '../testing/ports.suite';
import { Backoff } from './backoff';
import { SystemRandomness, systemRandomness } from './randomness';
import { systemClock } from './clock';
import { JitterClock } from './jitter.clock';

clockSuite('the clock of this machine', () => ({
  clock: systemClock,
  pass: (ms) => systemClock.pause(ms),
}));

clockSuite('the virtual clock', () => {
  const clock = new VirtualClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

clockSuite('a clock whose pauses are uneven', () => {
  const clock = new VirtualClock();
  const chance = {
    fraction: () => 0.5,
    uuid: () => '',
    bytes: (count: number) => Buffer.alloc(count),
  };
  return { clock: new JitterClock(clock, chance), pass: (ms) => clock.advance(ms) };
});

randomnessSuite('chance', () => new SystemRandomness());
randomnessSuite('seeded chance', () => new SeededRandomness(7));

describe('VirtualClock', () => {
  it('runs timers that are set by timers within the same advance', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const tick = () => {
      seen.push(clock.monotonic());
      clock.after(10, tick);
    };
    clock.after(10, tick);
    await clock.advance(35);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.nextAt).toBe(40);
  });

  it('lets the wall clock jump without moving a timer', async () => {
    const clock = new VirtualClock(1_000);
    let ran = false;
    clock.after(10, () => (ran = true));
    clock.jump(7_200_000);
    await clock.advance(5);
    expect([clock.wall(), clock.monotonic(), ran]).toEqual([7_201_005, 5, false]);
  });
});

describe('JitterClock', () => {
  it.each([
    [0, 875],
    [0.5, 1_000],
    [0.999_999, 1_125],
  ])(
    'lets a pause be up to an eighth shorter or longer, and no timer: %s',
    async (fraction, ms) => {
      const clock = new VirtualClock();
      const uneven = new JitterClock(clock, {
        fraction: () => fraction,
        uuid: () => '',
        bytes: (count: number) => Buffer.alloc(count),
      });
      void uneven.pause(1_000);
      void uneven.idle(1_000);
      expect(Math.round(clock.nextAt ?? 0)).toBe(ms);
      await clock.advance(1_125);
      uneven.after(1_000, () => undefined);
      expect(clock.nextAt).toBe(2_125);
    },
  );
});

describe('SeededRandomness', () => {
  it('repeats itself with the same seed', () => {
    const run = (seed: number) => {
      const randomness = new SeededRandomness(seed);
      return [randomness.fraction(), randomness.uuid(), randomness.fraction()];
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});

describe('Backoff', () => {
  it('doubles up to its limit, at least half of it certain', () => {
    const backoff = new Backoff(
      { fraction: () => 0, uuid: () => '', bytes: (count: number) => Buffer.alloc(count) },
      { longestMs: 500 },
    );
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([50, 100, 200, 250, 250]);
    backoff.reset();
    expect(backoff.next()).toBe(50);
  });

  it('never passes the full pause', () => {
    const backoff = new Backoff(systemRandomness, { firstMs: 10, longestMs: 10 });
    expect(backoff.next()).toBeLessThan(10);
  });
});
