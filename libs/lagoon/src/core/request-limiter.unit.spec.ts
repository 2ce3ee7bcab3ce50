import { VirtualClock } from '@uplift/runtime/testing';
import { LagoonHeldBackError } from '../lagoon.outcomes';
import type { RequestKind } from './request-limiter';
import { RequestLimiter } from './request-limiter';

const open = () => new AbortController().signal;

describe('the pace of requests', () => {
  let clock: VirtualClock;
  let gone: { readonly name: string; readonly at: number }[];

  beforeEach(() => {
    clock = new VirtualClock();
    gone = [];
  });

  function ask(limiter: RequestLimiter, name: string, kind: RequestKind = 'read', signal = open()) {
    return limiter.turn(kind, signal).then(() => gone.push({ name, at: clock.monotonic() }));
  }

  /** Most that went in any second. */
  function busiest(): number {
    const from = gone.map(({ at }) => gone.filter((other) => inSecond(at, other.at)).length);
    return Math.max(...from);
  }

  const inSecond = (start: number, time: number) => time >= start && time < start + 1000;

  it('is at most the cap in any second, whatever waits, and uses all of it', async () => {
    const limiter = new RequestLimiter(20, clock);
    const all = Array.from({ length: 500 }, (_, n) => ask(limiter, `r${n}`));
    await clock.advance(12_000);
    const late = Array.from({ length: 30 }, (_, n) => ask(limiter, `late${n}`));
    await clock.advance(14_000);
    await Promise.all([...all, ...late]);
    expect(busiest()).toBe(20);
    expect(gone).toHaveLength(530);
    expect(gone.at(-1)?.at).toBeLessThanOrEqual(26_000);
  });

  it('lets go in the order of asking, calls before reads', async () => {
    const limiter = new RequestLimiter(1, clock);
    const asked = [
      ask(limiter, 'first'),
      ask(limiter, 'read 1'),
      ask(limiter, 'read 2'),
      ask(limiter, 'call 1', 'call'),
      ask(limiter, 'call 2', 'call'),
    ];
    await clock.advance(4_000);
    await Promise.all(asked);
    expect(gone.map(({ name }) => name)).toEqual(['first', 'call 1', 'call 2', 'read 1', 'read 2']);
  });

  it('is not used up by one who stopped waiting', async () => {
    const limiter = new RequestLimiter(1, clock);
    const stop = new AbortController();
    await ask(limiter, 'first');
    const gaveUp = ask(limiter, 'gave up', 'read', stop.signal);
    const next = ask(limiter, 'next');
    stop.abort();
    await expect(gaveUp).rejects.toThrow(LagoonHeldBackError);
    await clock.advance(1_000);
    await next;
    expect(gone.map(({ name }) => name)).toEqual(['first', 'next']);
  });

  it('does not make one wait who has stopped already', async () => {
    const limiter = new RequestLimiter(1, clock);
    await ask(limiter, 'first');
    await expect(ask(limiter, 'late', 'read', AbortSignal.abort())).rejects.toThrow(
      'ended while it waited',
    );
    expect(limiter.waiting).toBe(0);
  });

  it('is refused when too many wait', async () => {
    const limiter = new RequestLimiter(1, clock, 2);
    const asked = [ask(limiter, 'first'), ask(limiter, 'second'), ask(limiter, 'third')];
    await expect(ask(limiter, 'fourth')).rejects.toThrow('Too many requests wait for their turn');
    await clock.advance(2_000);
    await Promise.all(asked);
    expect(gone).toHaveLength(3);
  });

  it('has no limit with a cap of 0', async () => {
    const limiter = new RequestLimiter(0, clock);
    await Promise.all(Array.from({ length: 1000 }, () => ask(limiter, 'any')));
    expect(busiest()).toBe(1000);
  });
});
