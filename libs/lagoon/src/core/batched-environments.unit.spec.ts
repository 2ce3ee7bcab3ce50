import { VirtualClock } from '@uplift/runtime/testing';
import { LagoonUnavailableError } from '../lagoon.outcomes';
import type { EnvironmentTarget } from '../lagoon.types';
import type { EnvironmentAnswer } from './batched-environments';
import { BatchedEnvironments } from './batched-environments';

const target = (n: number): EnvironmentTarget => ({ project: `app-${n}`, environment: 'main' });

/** Notes each request and answers when it is told to. */
class PendingRequests {
  readonly asked: (readonly EnvironmentTarget[])[] = [];
  private readonly waiting: {
    readonly resolve: (answers: readonly EnvironmentAnswer[]) => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  readonly request = (targets: readonly EnvironmentTarget[]) => {
    this.asked.push(targets);
    return new Promise<readonly EnvironmentAnswer[]>((resolve, reject) =>
      this.waiting.push({ resolve, reject }),
    );
  };

  get sizes(): number[] {
    return this.asked.map(({ length }) => length);
  }

  answer(n: number, answers: readonly EnvironmentAnswer[] = this.nulls(n)): void {
    this.waiting[n]?.resolve(answers);
  }

  fail(n: number): void {
    this.waiting[n]?.reject(new LagoonUnavailableError('HTTP 503'));
  }

  private nulls(n: number): null[] {
    return (this.asked[n] ?? []).map(() => null);
  }
}

describe('look-ups of environments', () => {
  let pending: PendingRequests;
  let batched: BatchedEnvironments;
  let clock: VirtualClock;

  beforeEach(() => {
    pending = new PendingRequests();
    clock = new VirtualClock();
    batched = new BatchedEnvironments(pending.request, clock);
  });

  it('go out at once when nothing is under way', () => {
    void batched.find(target(1));
    expect(pending.asked).toEqual([[target(1)]]);
  });

  it('that come meanwhile go out together, in order', async () => {
    const first = batched.find(target(1));
    const others = [2, 3, 4].map((n) => batched.find(target(n)));
    expect(pending.sizes).toEqual([1]);
    pending.answer(0);
    await first;
    await clock.advance(50);
    expect(pending.asked[1]).toEqual([target(2), target(3), target(4)]);
    pending.answer(1);
    expect(await Promise.all(others)).toEqual([null, null, null]);
  });

  it('go out together when they come soon after one that was answered', async () => {
    const first = batched.find(target(1));
    pending.answer(0);
    await first;
    void [2, 3].map((n) => batched.find(target(n)));
    await clock.advance(19);
    expect(pending.sizes).toEqual([1]);
    await clock.advance(1);
    expect(pending.asked[1]).toEqual([target(2), target(3)]);
  });

  it('of a burst wait for each other, and one alone is asked at once again behind it', async () => {
    const first = batched.find(target(1));
    const burst = [2, 3].map((n) => batched.find(target(n)));
    pending.answer(0);
    await first;
    await clock.advance(50);
    pending.answer(1);
    await Promise.all(burst);
    await clock.advance(1_000);
    const next = batched.find(target(4));
    await clock.advance(199);
    expect(pending.sizes).toEqual([1, 2]);
    await clock.advance(1);
    expect(pending.asked[2]).toEqual([target(4)]);
    pending.answer(2);
    await next;
    await clock.advance(50);
    void batched.find(target(5));
    expect(pending.asked[3]).toEqual([target(5)]);
  });

  it('fill no request beyond its size, and a full one does not wait', async () => {
    const all = Array.from({ length: 120 }, (_, n) => batched.find(target(n)));
    expect(pending.sizes).toEqual([1, 50, 50]);
    pending.answer(0);
    pending.answer(1);
    pending.answer(2);
    await Promise.all(all.slice(0, 101));
    await clock.advance(200);
    expect(pending.sizes).toEqual([1, 50, 50, 19]);
    pending.answer(3);
    expect(await Promise.all(all)).toHaveLength(120);
  });

  it('fail alone if only their answer is missing', async () => {
    void batched.find(target(1));
    const pair = [batched.find(target(2)), batched.find(target(3))];
    pending.answer(0);
    await clock.advance(50);
    pending.answer(1, [undefined, null]);
    const [missing, found] = await Promise.allSettled(pair);
    expect(missing).toMatchObject({
      status: 'rejected',
      reason: { code: 'lagoon-unavailable' },
    });
    expect(found).toEqual({ status: 'fulfilled', value: null });
  });

  it('fail together with their request, and the next ones go on', async () => {
    const first = batched.find(target(1));
    const second = batched.find(target(2));
    pending.fail(0);
    await expect(first).rejects.toThrow('HTTP 503');
    await clock.advance(50);
    pending.answer(1);
    await expect(second).resolves.toBeNull();
  });

  it('end at once for a caller who gives up, and are not sent any more', async () => {
    void batched.find(target(1));
    const stop = new AbortController();
    const given = batched.find(target(2), stop.signal);
    const kept = batched.find(target(3));
    stop.abort();
    await expect(given).rejects.toThrow(LagoonUnavailableError);
    await expect(batched.find(target(4), stop.signal)).rejects.toThrow('given up');
    pending.answer(0);
    await clock.advance(50);
    expect(pending.asked[1]).toEqual([target(3)]);
    pending.answer(1);
    await kept;
  });
});
