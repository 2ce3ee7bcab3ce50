import { VirtualClock } from '@uplift/runtime/testing';
import { ProblemError } from '@uplift/contracts';
import { CallbackLimiter } from './callback-limiter';

function setUp() {
  const clock = new VirtualClock();
  const limiter = new CallbackLimiter(clock);
  /** Seconds to wait; 0: it was taken. */
  const take = (instance: string) => {
    try {
      limiter.take(instance);
      return 0;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, status, retryAfterSeconds } = error.problem;
      expect({ code, status }).toEqual({ code: 'too-many-callbacks', status: 429 });
      return retryAfterSeconds;
    }
  };
  const takeMany = (count: number, instance: string) =>
    Array.from({ length: count }, () => take(instance));
  return { clock, limiter, take, takeMany };
}

const taken = (count: number) => Array.from({ length: count }, () => 0);

describe('reports of the health of one instance', () => {
  it('are taken twelve at once, then one in five seconds, and it is said when', async () => {
    const { clock, take, takeMany } = setUp();
    expect(takeMany(14, 'a')).toEqual([...taken(12), 5, 5]);
    await clock.advance(3_500);
    expect(take('a')).toBe(2);
    await clock.advance(1_500);
    expect(takeMany(2, 'a')).toEqual([0, 5]);
  });

  it('are taken again as before after a minute without one', async () => {
    const { clock, takeMany } = setUp();
    takeMany(20, 'a');
    await clock.advance(60_000);
    expect(takeMany(13, 'a')).toEqual([...taken(12), 5]);
  });

  it('leave those of others alone', () => {
    const { take, takeMany } = setUp();
    takeMany(20, 'a');
    expect(take('b')).toBe(0);
  });
});

describe('what is remembered', () => {
  it('is nothing of an instance a minute after its last report', async () => {
    const { clock, limiter, take, takeMany } = setUp();
    takeMany(12, 'a');
    for (let n = 0; n < 500; n += 1) take(`b-${n}`);
    expect(limiter.size).toBe(501);
    await clock.advance(60_000);
    take('c');
    expect(limiter.size).toBe(1);
  });

  it('is bounded: more instances at once are told to come later', async () => {
    const { clock, limiter, take } = setUp();
    for (let n = 0; n < 50_000; n += 1) limiter.take(`i-${n}`);
    expect(take('one-more')).toBe(5);
    expect(take('i-0')).toBe(0);
    expect(limiter.size).toBe(50_000);
    await clock.advance(10_000);
    expect(take('one-more')).toBe(0);
  });
});
