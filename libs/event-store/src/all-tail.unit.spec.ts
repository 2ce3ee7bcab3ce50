import { randomUUID } from 'node:crypto';
import { instanceStream, refusalStream, SYSTEM_STREAM } from '@uplift/contracts';
import type { StoredEvent } from '@uplift/contracts';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { AllTail } from './all-tail';
import type { AllTailOptions } from './all-tail';
import { headOf } from './event-store.port';
import type { SubscribeToAllOptions } from './event-store.port';
import type { TailedInstanceEvent, TailedSystemEvent } from './tail-listeners';
import { InMemoryEventStore, sampleEvent } from './testing';

const OTHER = `refusal-${randomUUID()}`;

const WAIT_ENDED = { upgradeId: randomUUID(), attempt: 1, target: 'lagoon/eu', waitedMs: 5 };

/** The twin, with subscriptions that can be cut. */
class BreakableStore extends InMemoryEventStore {
  readonly starts: (bigint | undefined)[] = [];
  isAway = false;
  private puts = 0;
  private cut = new AbortController();

  override async *subscribeToAll(options: SubscribeToAllOptions = {}) {
    this.starts.push(options.after);
    if (this.isAway) throw new Error('refused');
    const { signal } = this.cut;
    const ending = options.signal ? AbortSignal.any([options.signal, signal]) : signal;
    yield* super.subscribeToAll({ ...options, signal: ending });
    if (signal.aborted) throw new Error('cut');
  }

  break(): void {
    this.cut.abort();
    this.cut = new AbortController();
  }

  async put(stream = OTHER, type = 'SampleHappened', data: object = {}): Promise<StoredEvent> {
    const known = await this.load(stream).catch(() => []);
    this.puts += 1;
    await this.append(stream, headOf(known), [sampleEvent(this.puts, { type, data })]);
    return (await this.load(stream)).at(-1)!;
  }
}

const tails: AllTail[] = [];
afterEach(() => Promise.all(tails.splice(0).map((tail) => tail.stop())));

function setUp(options: Partial<AllTailOptions> = {}) {
  const clock = new VirtualClock();
  const store = new BreakableStore();
  const breaks: { error: unknown; isRepeated: boolean }[] = [];
  const tail = new AllTail(store, {
    clock,
    randomness: new SeededRandomness(1),
    onBreak: (error, isRepeated) => breaks.push({ error, isRepeated }),
    ...options,
  });
  tails.push(tail);
  const seen: bigint[] = [];
  tail.add({ onEvent: ({ position }) => seen.push(position) });
  return { clock, store, tail, seen, breaks, settle: () => clock.advance(0) };
}

const seconds = (count: number) => count * 1_000;

describe('the tail of all events', () => {
  it('brings what was there and what comes, and says when it has caught up', async () => {
    const { store, tail, seen, settle } = setUp();
    const first = await store.put();
    expect([tail.reason, tail.hasCaughtUp]).toEqual(['starting', false]);
    tail.start();
    await settle();
    expect([tail.reason, tail.hasCaughtUp]).toEqual([undefined, true]);
    const second = await store.put();
    await settle();
    expect(seen).toEqual([first.position, second.position]);
    expect(tail.position).toBe(second.position);
  });

  it('goes on after the newest event handed on when the subscription breaks', async () => {
    const { store, tail, seen, breaks, clock, settle } = setUp();
    const first = await store.put();
    tail.start();
    await settle();
    store.break();
    await settle();
    expect([tail.hasCaughtUp, tail.reason]).toEqual([false, 'cut']);
    const second = await store.put();
    await clock.advance(seconds(1));
    expect(store.starts).toEqual([undefined, first.position]);
    expect(seen).toEqual([first.position, second.position]);
    expect([tail.hasCaughtUp, tail.reason]).toEqual([true, undefined]);
    expect(breaks).toEqual([{ error: new Error('cut'), isRepeated: false }]);
  });

  it('waits longer and longer while the store is away, never more than its limit', async () => {
    const { store, tail, breaks, clock, settle } = setUp();
    store.isAway = true;
    tail.start();
    await settle();
    await clock.advance(100);
    expect(store.starts.length).toBeGreaterThanOrEqual(2);
    await clock.advance(seconds(10));
    const before = store.starts.length;
    await clock.advance(seconds(10));
    expect(store.starts.length - before).toBeGreaterThanOrEqual(9);
    expect(store.starts.length - before).toBeLessThanOrEqual(21);
    expect(breaks.map(({ isRepeated }) => isRepeated).slice(0, 3)).toEqual([false, true, true]);
    store.isAway = false;
    await clock.advance(seconds(1));
    expect(tail.hasCaughtUp).toBe(true);
  });

  it('begins at the end of the store, and after a break there or later, never at the new end', async () => {
    const { store, tail, seen, clock, settle } = setUp({ from: 'end' });
    const before = await store.put();
    tail.start();
    await settle();
    expect(tail.position).toBe(before.position);
    store.break();
    const missed = await store.put();
    await clock.advance(seconds(1));
    expect(seen).toEqual([missed.position]);
  });

  it('remembers the end of an empty store', async () => {
    const { store, tail, seen, clock, settle } = setUp({ from: 'end' });
    tail.start();
    await settle();
    store.break();
    const first = await store.put();
    await clock.advance(seconds(1));
    expect(seen).toEqual([first.position]);
  });

  it('asks where to begin before each subscription', async () => {
    const starts = [null, 300n];
    const { store, tail, seen, clock, settle } = setUp({
      from: () => Promise.resolve(starts.shift() ?? null),
    });
    for (let n = 0; n < 5; n += 1) await store.put();
    tail.start();
    await settle();
    store.break();
    await clock.advance(seconds(1));
    expect(store.starts).toEqual([undefined, 300n]);
    expect(seen).toEqual([100n, 200n, 300n, 400n, 500n, 400n, 500n]);
  });

  it('hands nothing on, and takes nothing more, before the consumer is done with a batch', async () => {
    const taken: number[] = [];
    let finish: () => void = () => undefined;
    const { store, tail, seen, settle } = setUp({
      maxBatch: 2,
      consume: ({ events }) => {
        taken.push(events.length);
        return new Promise((resolve) => (finish = resolve));
      },
    });
    for (let n = 0; n < 4; n += 1) await store.put();
    tail.start();
    await settle();
    expect([taken, seen]).toEqual([[2], []]);
    finish();
    await settle();
    expect([taken, seen]).toEqual([
      [2, 2],
      [100n, 200n],
    ]);
    finish();
  });

  it('brings a batch again that its consumer has refused', async () => {
    let tries = 0;
    const { store, tail, seen, breaks, clock } = setUp({
      consume: () => (tries++ === 0 ? Promise.reject(new Error('full')) : Promise.resolve()),
    });
    await store.put();
    tail.start();
    await clock.advance(seconds(1));
    expect(seen).toEqual([100n]);
    expect(breaks).toEqual([{ error: new Error('full'), isRepeated: false }]);
  });

  it('subscribes again at once when it is told to, and drops the batch in hand', async () => {
    const consumed: AbortSignal[] = [];
    const { store, tail, seen, breaks, settle } = setUp({
      consume: (_batch, ending) => {
        consumed.push(ending);
        if (consumed.length === 1) tail.resubscribe();
        return Promise.resolve();
      },
    });
    await store.put();
    tail.start();
    await settle();
    expect(consumed.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect([seen, breaks]).toEqual([[100n], []]);
  });

  it('decodes an event once for all that listen to instances', async () => {
    const { store, tail, settle } = setUp();
    const heard: TailedInstanceEvent[][] = [[], []];
    heard.forEach((events) => tail.add({ onInstanceEvent: (event) => events.push(event) }));
    const instanceId = randomUUID();
    await store.put(instanceStream(instanceId), 'WaitEnded', WAIT_ENDED);
    await store.put();
    tail.start();
    await settle();
    await store.put(instanceStream(instanceId), 'WaitEnded', WAIT_ENDED);
    await settle();
    expect(heard[0]).toMatchObject([
      { instanceId, writtenBy: 'spec', isLive: false, event: { type: 'WaitEnded' } },
      { instanceId, writtenBy: 'spec', isLive: true, event: { type: 'WaitEnded' } },
    ]);
    expect(heard[1]?.every((event, n) => event === heard[0]?.[n])).toBe(true);
  });

  it('tells switches to those that listen to them, and refusals to nobody but the readers of all', async () => {
    const { store, tail, seen, settle } = setUp();
    const instances: TailedInstanceEvent[] = [];
    const switches: TailedSystemEvent[] = [];
    tail.add({
      onInstanceEvent: (event) => instances.push(event),
      onSystemEvent: (event) => switches.push(event),
    });
    const stop = { core: null, requestedBy: 'operator-7', reason: 'Lagoon is being upgraded' };
    await store.put(SYSTEM_STREAM, 'StartsStopped', stop);
    await store.put(refusalStream(randomUUID()), 'NeverHeardOf');
    tail.start();
    await settle();
    expect(seen).toHaveLength(2);
    expect(instances).toEqual([]);
    expect(switches).toMatchObject([
      { revision: 0, writtenBy: 'spec', isLive: false, event: { data: stop } },
    ]);
  });

  it('skips and counts what other programs write, and goes on behind it after a break', async () => {
    const { store, tail, seen, clock, settle } = setUp();
    tail.add({ onInstanceEvent: () => undefined });
    const ours = await store.put();
    store.putRaw('ops-test', 'Probe', { a: 1 });
    const foreign = store.putRaw('instance-nobody', 'Probe', { a: 1 });
    tail.start();
    await settle();
    expect([seen, tail.position, tail.foreignEvents]).toEqual([[ours.position], ours.position, 2]);
    store.break();
    await clock.advance(seconds(1));
    expect(store.starts).toEqual([undefined, foreign.position]);
    expect([tail.foreignEvents, tail.reason]).toEqual([2, undefined]);
  });

  it('calls listeners after each batch, and lets them come and go', async () => {
    const { store, tail, settle } = setUp();
    let batches = 0;
    const listener = { onBatch: () => (batches += 1) };
    tail.add(listener);
    tail.start();
    await settle();
    expect([batches, tail.listenerCount]).toEqual([1, 2]);
    tail.remove(listener);
    await store.put();
    await settle();
    expect([batches, tail.listenerCount]).toEqual([1, 1]);
  });

  it('tells its listeners when it is stopped, late ones too', async () => {
    const { tail, store, seen, settle } = setUp();
    let stopped = 0;
    tail.add({ onStop: () => (stopped += 1) });
    tail.start();
    await settle();
    await tail.stop();
    tail.add({ onStop: () => (stopped += 1) });
    await store.put();
    await settle();
    expect([stopped, seen]).toEqual([2, []]);
  });

  it('ends its pause when it is stopped', async () => {
    const { tail, store, settle } = setUp();
    store.isAway = true;
    tail.start();
    await settle();
    await tail.stop();
    expect(store.starts).toHaveLength(1);
  });

  it('waits until it has started or caught up, but not for ever', async () => {
    const { tail, clock } = setUp();
    const never = tail.startedWithin(500);
    const never2 = tail.caughtUpWithin(500);
    await clock.advance(500);
    expect([await never, await never2]).toEqual([false, false]);
    const both = Promise.all([tail.startedWithin(500), tail.caughtUpWithin(500)]);
    tail.start();
    expect(await both).toEqual([true, true]);
    expect(clock.nextAt).toBeUndefined();
  });
});

describe('the beats of the tail', () => {
  const counting = (options: Partial<AllTailOptions> = {}) => {
    let beats = 0;
    const set = setUp({ ...options, onBeat: () => void (beats += 1) });
    const beatsIn = async (ms: number) => {
      const before = beats;
      await set.clock.advance(ms);
      return beats - before;
    };
    return { ...set, beatsIn };
  };

  it('go on while nothing comes', async () => {
    const { tail, settle, beatsIn } = counting();
    tail.start();
    await settle();
    expect(await beatsIn(seconds(60))).toBe(60);
  });

  it('go on while the store is away', async () => {
    const { store, tail, settle, beatsIn } = counting();
    store.isAway = true;
    tail.start();
    await settle();
    expect(await beatsIn(seconds(60))).toBeGreaterThanOrEqual(12);
  });

  it.each(['consume', 'from'] as const)('end with a %s that never comes back', async (step) => {
    const { store, tail, settle, beatsIn } = counting({
      [step]: () => new Promise(() => undefined),
    });
    await store.put();
    tail.start();
    await settle();
    expect(await beatsIn(seconds(600))).toBe(0);
    // It cannot be stopped either.
    tails.splice(0);
  });
});
