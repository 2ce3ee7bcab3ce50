import { randomUUID } from 'node:crypto';
import { checkpointStream, isForeign, isOurs } from '@uplift/contracts';
import { SeededRandomness } from '@uplift/runtime/testing';
import { EventStoreUnavailableError } from './event-store.port';
import type { EventStore } from './event-store.port';
import type { InMemoryEventStore } from './testing';
import {
  Counts,
  EVERY,
  Follower,
  followedStore,
  MINUTE,
  stopFollowers,
} from './testing/followed-store';

afterEach(stopFollowers);

describe('a tail with checkpoints', () => {
  it('writes one when enough has come, and not before a while has passed', async () => {
    const { clock, put, follow, pages } = followedStore();
    await put(3 * EVERY);
    await follow();
    await clock.advance(1_000);
    expect(await pages()).toHaveLength(0);
    await clock.advance(MINUTE);
    await put(1);
    await clock.advance(1_000);
    expect(await pages()).toHaveLength(2);
  });

  it('goes on from where another process has been, with what that one knew', async () => {
    const { clock, put, follow } = followedStore();
    await put(EVERY);
    await put(EVERY, 'OtherHappened');
    const first = await follow();
    await first.tail.noteFolds();
    await first.tail.stop();
    await put(2);
    const second = await follow();
    expect(second.lines[0]).toBe('the fold of events goes on from a checkpoint');
    expect(second.counts.told).toBe(2);
    expect([...second.counts.counts]).toEqual([
      ['SampleHappened', EVERY + 2],
      ['OtherHappened', EVERY],
    ]);
    await clock.advance(1);
  });

  it('writes none at its end when there is next to nothing new', async () => {
    const { put, follow, pages } = followedStore();
    await put(EVERY);
    const first = await follow();
    await first.tail.noteFolds();
    const before = await pages();
    const second = await follow();
    await second.tail.noteFolds();
    expect(await pages()).toEqual(before);
  });

  it('leaves it to others when one of them was faster', async () => {
    const { clock, put, follow, pages } = followedStore();
    await put(1);
    const other = { actor: { type: 'system', id: 'stage-workers/w2' } } as const;
    const both = [await follow(), await follow(new Counts(), other)];
    await put(3 * EVERY);
    await clock.advance(MINUTE);
    await put(1);
    await clock.advance(1_000);
    expect(await pages()).toHaveLength(2);
    expect(both.flatMap(({ lines }) => lines).filter((line) => line.endsWith('written'))).toEqual([
      'checkpoint of the fold written',
    ]);
  });

  it('is neither one of our events nor one of another program', () => {
    const stream = checkpointStream('counting.0123456789abcdef');
    const event = { stream, type: 'FoldCheckpointed', metadata: {} };
    expect([isOurs(event), isForeign(event)]).toEqual([false, false]);
  });

  it.each([
    ['settings are others', new Counts({ version: 1, limit: 2 }), {}],
    ['fold is of another version', new Counts({ version: 2 }), {}],
    ['process folds something else', new Counts(), { name: 'other' }],
    ['operator wants none', new Counts(), { everyEvents: 0 }],
  ])('begins with the first event where the %s', async (_why, counts, changes) => {
    const { put, follow } = followedStore();
    await put(EVERY);
    await (await follow()).tail.noteFolds();
    const other = await follow(counts, changes);
    expect(other.counts.told).toBe(EVERY);
  });

  it('keeps what is large in several pages, each no larger than an event may be', async () => {
    const { put, follow, pages } = followedStore();
    await put(EVERY);
    const counts = new Counts();
    const random = new SeededRandomness(7);
    const first = await follow(counts);
    for (let n = 0; n < 20_000; n += 1) counts.counts.set(random.uuid(), n);
    await first.tail.noteFolds();
    expect((await pages()).length).toBeGreaterThan(3);
    const second = await follow();
    expect(second.counts.told).toBe(0);
    expect([...second.counts.counts]).toEqual([...counts.counts]);
  });

  it('takes one line that is larger than a page', async () => {
    const { put, follow } = followedStore();
    await put(EVERY);
    const counts = new Counts();
    const first = await follow(counts);
    const long = Array.from({ length: 20_000 }, () => randomUUID()).join();
    counts.counts.set(long, 1);
    await first.tail.noteFolds();
    expect((await follow()).counts.counts.get(long)).toBe(1);
  });

  it('is what it was at its place, whatever comes while it is written', async () => {
    const { clock, put, follow } = followedStore();
    await put(EVERY);
    const counts = new Counts();
    const first = await follow(counts);
    for (let n = 0; n < 20_000; n += 1) counts.counts.set(randomUUID(), n);
    await put(EVERY);
    await clock.advance(MINUTE);
    const size = counts.counts.size;
    await put(1);
    await clock.advance(1);
    counts.counts.clear();
    await clock.advance(1_000);
    await first.tail.stop();
    const second = await follow();
    expect(second.counts.told).toBe(0);
    expect(second.counts.counts.size).toBe(size);
  });
});

describe('processes that write large checkpoints', () => {
  const WRITTEN = 'checkpoint of the fold written';
  const OTHER = { actor: { type: 'system', id: 'stage-workers/w2' } } as const;
  /** Between two tries. */
  const APART = 2 * EVERY;

  /** Four pages or so. */
  function large(): Counts {
    const counts = new Counts();
    const random = new SeededRandomness(7);
    for (let n = 0; n < 20_000; n += 1) counts.counts.set(random.uuid(), n);
    return counts;
  }

  /** Tries whenever so many events have come, and what is drawn of the half of them. */
  const every = (everyEvents: number, drawn: number[] = []) => ({
    everyEvents,
    randomness: Object.assign(new SeededRandomness(1), { fraction: () => drawn.shift() ?? 0 }),
  });

  /** A process that dies when it has written two pages. */
  async function diesAfterTwoPages(set: ReturnType<typeof followedStore>): Promise<void> {
    let taken = 0;
    const dying = Object.assign(Object.create(set.store) as InMemoryEventStore, {
      append: (...given: Parameters<EventStore['append']>) => {
        taken += 1;
        return taken > 2
          ? Promise.reject(new EventStoreUnavailableError('no answer'))
          : set.store.append(...given);
      },
    });
    const first = await new Follower(dying, set.clock, large(), every(EVERY)).start();
    await set.clock.advance(MINUTE);
    await set.put(EVERY);
    await set.clock.advance(1_000);
    await first.tail.stop();
    expect(await set.pages()).toHaveLength(2);
  }

  it('end none that another one is at', async () => {
    const { clock, put, follow, pages } = followedStore();
    const first = await follow(large(), every(EVERY));
    const second = await follow(large(), { ...OTHER, ...every(EVERY + 1) });
    await clock.advance(MINUTE);
    await put(EVERY);
    await clock.advance(25);
    expect(await pages()).toHaveLength(2);
    await put(1);
    await clock.advance(1_000);
    expect([...first.lines, ...second.lines].filter((line) => line === WRITTEN)).toHaveLength(1);
    const checkpoints = (await pages()).map(
      ({ data }) => (data as { checkpoint: string }).checkpoint,
    );
    expect(checkpoints.length).toBeGreaterThan(3);
    expect(new Set(checkpoints).size).toBe(1);
  });

  it('take over where a page is the last one for a second time: its writer is dead', async () => {
    const set = followedStore();
    const second = await set.follow(large(), { ...OTHER, ...every(APART, [0, 1]) });
    await diesAfterTwoPages(set);
    await set.put(APART - EVERY);
    await set.clock.advance(MINUTE);
    expect(await set.pages()).toHaveLength(2);
    // The distance was drawn anew.
    await set.put(1.5 * APART - 1);
    await set.clock.advance(1_000);
    expect(await set.pages()).toHaveLength(2);
    await set.put(1);
    await set.clock.advance(1_000);
    expect(second.lines).toContain(WRITTEN);
  });

  it.each([
    ['was there when they began', OTHER, true],
    ['they have left themselves', {}, false],
  ])('go on at once where the last page %s', async (_which, who, beginsLater) => {
    const set = followedStore();
    const begin = () => set.follow(large(), { ...who, ...every(APART) });
    const early = beginsLater ? null : await begin();
    await diesAfterTwoPages(set);
    const second = early ?? (await begin());
    await set.clock.advance(MINUTE);
    await set.put(APART);
    await set.clock.advance(1_000);
    expect(second.lines).toContain(WRITTEN);
  });
});
