import { VirtualClock } from '@uplift/runtime/testing';
import { ANYBODY, BUS_USER, ROOT_ISSUER } from './principal';
import type { Quota } from './request-limiter';
import { RequestLimiter } from './request-limiter';
import { refusedWith } from './testing';

const tooMany = expect.objectContaining(refusedWith('too-many-requests')) as Error;
const holder = (id: string) =>
  ({ ...BUS_USER, issuer: 'urn:uplift:api-token', actor: { type: 'user', id } }) as const;

function setUp(rates = { writes: 3, reads: 5 }) {
  const clock = new VirtualClock();
  const limiter = new RequestLimiter(rates, clock);
  const take = (subject: string, kind: 'writes' | 'reads' = 'writes') => {
    const told: Quota[] = [];
    limiter.take(holder(subject), kind, (quota) => told.push(quota));
    return told[0];
  };
  return { clock, limiter, take };
}

describe('RequestLimiter', () => {
  it('takes so many of each kind in the minute that the first begins', async () => {
    const { clock, take } = setUp();
    expect(take('t-1')).toEqual({ kind: 'writes', limit: 3, left: 2, seconds: 60 });
    await clock.advance(20_500);
    expect([take('t-1')?.left, take('t-1')?.left]).toEqual([1, 0]);
    expect(() => take('t-1')).toThrow(tooMany);
    expect(() => take('t-1')).toThrow(/in 40 s/);
    expect(take('t-1', 'reads')).toMatchObject({ left: 4, seconds: 60 });
    await clock.advance(39_499);
    expect(() => take('t-1')).toThrow(/in 1 s/);
    await clock.advance(1);
    expect(take('t-1')).toEqual({ kind: 'writes', limit: 3, left: 2, seconds: 60 });
  });

  it('tells what is left before it refuses, too', () => {
    const { limiter, take } = setUp({ writes: 1, reads: 1 });
    take('t-1');
    const told: Quota[] = [];
    expect(() => limiter.take(holder('t-1'), 'writes', (quota) => told.push(quota))).toThrow(
      tooMany,
    );
    expect(told).toEqual([{ kind: 'writes', limit: 1, left: 0, seconds: 60 }]);
  });

  it('counts each holder apart', () => {
    const { take } = setUp({ writes: 1, reads: 1 });
    take('t-1');
    expect(() => take('t-2')).not.toThrow();
    expect(() => take('t-1')).toThrow(tooMany);
  });

  it('is not put off by a clock on the wall that is wrong', () => {
    const { clock, take } = setUp({ writes: 1, reads: 1 });
    take('t-1');
    clock.jump(3_600_000);
    expect(() => take('t-1')).toThrow(tooMany);
  });

  it('does not count the root token, nor those who are nobody in particular', () => {
    const { limiter } = setUp({ writes: 1, reads: 1 });
    const uncounted = [{ ...holder('root'), issuer: ROOT_ISSUER }, ANYBODY.http, BUS_USER];
    for (const principal of [...uncounted, ...uncounted]) {
      expect(() => limiter.take(principal, 'writes')).not.toThrow();
    }
    expect(limiter.size).toBe(0);
  });

  it('takes as many as there are with a limit of 0', () => {
    const { take } = setUp({ writes: 0, reads: 1 });
    for (let n = 0; n < 100; n += 1) expect(take('t-1')).toBeUndefined();
  });

  it('remembers no more than 20,000, and nobody whose minute is over', async () => {
    const { clock, limiter, take } = setUp();
    for (let n = 0; n < 20_010; n += 1) take(`t-${n}`);
    expect(limiter.size).toBe(20_000);
    await clock.advance(60_000);
    take('t-1');
    expect(limiter.size).toBe(1);
  });
});
