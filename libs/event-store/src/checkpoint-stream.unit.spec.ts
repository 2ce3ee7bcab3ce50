import { randomUUID } from 'node:crypto';
import { instanceStream } from '@uplift/contracts';
import type { StoredEvent } from '@uplift/contracts';
import { EventStoreUnavailableError, headOf } from './event-store.port';
import type { EventStore } from './event-store.port';
import type { InMemoryEventStore } from './testing';
import { SAMPLE_METADATA, sampleEvent } from './testing';
import {
  Counts,
  EVERY,
  Follower,
  followedStore,
  MINUTE,
  stopFollowers,
  streamOf,
} from './testing/followed-store';

afterEach(stopFollowers);

describe('a checkpoint', () => {
  /** Two that are whole, 10 events apart, and what was done to the stream of them. */
  async function afterTwo(change: (store: InMemoryEventStore, stream: string) => Promise<void>) {
    const set = followedStore();
    await set.put(EVERY);
    const first = await set.follow();
    await first.tail.noteFolds();
    await set.put(EVERY);
    await set.clock.advance(1);
    await first.tail.noteFolds();
    await first.tail.stop();
    const stream = await streamOf(set.store);
    await change(set.store, stream!);
    return { ...set, second: await set.follow() };
  }

  const pageLike = (last: StoredEvent, changes: object) =>
    sampleEvent(99, { type: last.type, data: { ...last.data, ...changes } });
  const putPage = async (store: InMemoryEventStore, stream: string, changes: object) => {
    const events = await store.load(stream);
    await store.append(stream, headOf(events), [pageLike(events.at(-1)!, changes)]);
  };
  const end = async (store: InMemoryEventStore, stream: string) =>
    ((await store.load(stream)).at(-1)!.data as { end: object }).end;

  it('is the newest that is whole', async () => {
    const { second } = await afterTwo(() => Promise.resolve());
    expect(second.counts.told).toBe(0);
  });

  it.each<[string, (store: InMemoryEventStore, stream: string) => Promise<void>]>([
    [
      'was never finished',
      (store, stream) => putPage(store, stream, { before: 3, end: undefined }),
    ],
    [
      'is damaged',
      async (store, stream) =>
        putPage(store, stream, {
          before: 1,
          end: { ...(await end(store, stream)), digest: '0'.repeat(64) },
        }),
    ],
    [
      'names an event that the store does not have',
      async (store, stream) =>
        putPage(store, stream, {
          before: 1,
          end: { ...(await end(store, stream)), eventId: randomUUID() },
        }),
    ],
    [
      'names an event with another content',
      async (store, stream) =>
        putPage(store, stream, {
          before: 1,
          end: { ...(await end(store, stream)), hash: '1'.repeat(64) },
        }),
    ],
    [
      'lies beyond the end of the store',
      async (store, stream) =>
        putPage(store, stream, {
          before: 1,
          end: { ...(await end(store, stream)), position: '999999900' },
        }),
    ],
    [
      'claims to have more pages than there are',
      async (store, stream) =>
        putPage(store, stream, { before: 1, end: { ...(await end(store, stream)), pages: 1_999 } }),
    ],
  ])('that %s gives way to the one before', async (_what, change) => {
    const { second } = await afterTwo(change);
    expect(second.lines).toContain('the fold of events goes on from a checkpoint');
    expect([...second.counts.counts]).toEqual([['SampleHappened', 2 * EVERY]]);
    expect(second.counts.told).toBeLessThanOrEqual(EVERY);
  });

  it.each<[string, (store: InMemoryEventStore, stream: string) => Promise<void>]>([
    [
      'another program has written behind it',
      (store, stream) => Promise.resolve(void store.putRaw(stream, 'Probe', { a: 1 })),
    ],
    [
      'what stands there is no page',
      (store, stream) => putPage(store, stream, { before: 'all of them' }),
    ],
    [
      'it points to itself',
      async (store, stream) =>
        putPage(store, stream, { before: (await store.load(stream)).length, end: undefined }),
    ],
    ['its stream was deleted', (store, stream) => Promise.resolve(store.remove(stream, 'deleted'))],
    [
      'its pages were let go',
      async (store, stream) => {
        await putPage(store, stream, { before: -1, page: 0, end: undefined });
        store.remove(stream, 'truncated');
      },
    ],
  ])('counts for nothing where %s', async (_what, change) => {
    const { second } = await afterTwo(change);
    expect(second.counts.told).toBe(2 * EVERY);
    expect([...second.counts.counts]).toEqual([['SampleHappened', 2 * EVERY]]);
    expect(second.lines.at(-1)).toBe('no checkpoint: the fold begins with the first event');
  });

  it('that a fold cannot take back leaves nothing of it behind', async () => {
    const { put, follow } = followedStore();
    await put(EVERY);
    const counts = new Counts();
    const first = await follow(counts);
    counts.counts.set('Poison', 1);
    await first.tail.noteFolds();
    const second = await follow();
    expect(second.lines).toContain('a checkpoint is of no use: no such type');
    expect([...second.counts.counts]).toEqual([['SampleHappened', EVERY]]);
  });

  it.each(['deleted', 'truncated', 'tombstoned'] as const)(
    'is written and used again after its stream was %s',
    async (loss) => {
      const { second, ...set } = await afterTwo((store, stream) =>
        Promise.resolve(store.remove(stream, loss)),
      );
      expect([...second.counts.counts]).toEqual([['SampleHappened', 2 * EVERY]]);
      await set.put(EVERY);
      await set.clock.advance(1);
      await second.tail.noteFolds();
      expect(second.lines).toContain('checkpoint of the fold written');
      const third = await set.follow();
      expect(third.counts.told).toBe(0);
      expect([...third.counts.counts]).toEqual([['SampleHappened', 3 * EVERY]]);
    },
  );

  it('that cannot be read for whatever reason holds nothing up', async () => {
    const { store, clock, put, follow } = followedStore();
    await put(EVERY);
    await (await follow()).tail.noteFolds();
    const lastOf = () => Promise.reject(new TypeError('no such thing'));
    const behind = Object.assign(Object.create(store) as InMemoryEventStore, { lastOf });
    const second = await new Follower(behind, clock).start();
    expect([second.counts.told, second.lines]).toEqual([
      EVERY,
      ['checkpoints cannot be read: the fold begins anew'],
    ]);
  });

  it('reads no page but those of the checkpoints that it looks at', async () => {
    let read = 0;
    const { second } = await afterTwo(async (store, stream) => {
      for (let n = 0; n < 20; n += 1) await putPage(store, stream, { before: 3, end: undefined });
      const load = store.load.bind(store);
      store.load = async (...given) => {
        const events = await load(...given);
        if (given[0] === stream) read += events.length;
        return events;
      };
    });
    expect(second.counts.told).toBe(0);
    expect(read).toBe(2);
  });

  it('goes with the store when that is put back to an older copy', async () => {
    const { store, put, follow } = followedStore();
    await put(EVERY);
    const first = await follow();
    await first.tail.noteFolds();
    const putBack = store.backUp();
    await put(EVERY);
    await first.clock.advance(1);
    await first.tail.noteFolds();
    await first.tail.stop();
    putBack();
    await put(3, 'OtherHappened');
    const second = await follow();
    expect([...second.counts.counts]).toEqual([
      ['SampleHappened', EVERY],
      ['OtherHappened', 3],
    ]);
    expect(second.counts.told).toBe(3);
  });

  it('is waited for while the store is away', async () => {
    const { store, clock, put, follow } = followedStore();
    await put(EVERY);
    await (await follow()).tail.noteFolds();
    const answers = [Promise.reject(new EventStoreUnavailableError('no answer'))];
    const lastOf = (stream: string) => answers.shift() ?? store.lastOf(stream);
    const behind = Object.assign(Object.create(store) as InMemoryEventStore, { lastOf });
    const second = new Follower(behind, clock);
    second.tail.start();
    await clock.advance(1_000);
    expect([second.tail.hasCaughtUp, second.counts.told]).toEqual([true, 0]);
  });

  it('is written another time where the store did not take it', async () => {
    const { clock, store, put, pages } = followedStore();
    const faulty = Object.assign(Object.create(store) as InMemoryEventStore, {
      append: (...given: Parameters<EventStore['append']>) =>
        faults.shift() ?? store.append(...given),
    });
    const faults = [Promise.reject(new EventStoreUnavailableError('no answer'))];
    const follower = await new Follower(faulty, clock).start();
    await clock.advance(MINUTE);
    await put(2 * EVERY);
    await clock.advance(1_000);
    expect(follower.lines.at(-1)).toBe('a checkpoint of the fold was not written');
    expect(await pages()).toHaveLength(0);
    await clock.advance(MINUTE);
    await put(2 * EVERY);
    await clock.advance(1_000);
    expect(await pages()).toHaveLength(2);
  });

  it('holds no instance up, and keeps who was set aside there', async () => {
    const { store, clock, put } = followedStore();
    const stream = instanceStream(randomUUID());
    store.putRaw(stream, 'Probe', { a: 1 });
    await put(EVERY);
    const listening = (follower: Follower) => {
      const aside: string[] = [];
      follower.tail.add({
        onInstanceEvent: () => undefined,
        onUnreadable: ({ event }) => aside.push(event.stream),
      });
      return aside;
    };
    const first = new Follower(store, clock);
    listening(first);
    await first.start();
    await first.tail.noteFolds();
    const second = new Follower(store, clock);
    const aside = listening(second);
    await second.start();
    expect(second.counts.told).toBe(0);
    expect(aside).toEqual([stream]);
    expect([...second.tail.setAside.keys()]).toEqual([stream.slice('instance-'.length)]);
  });

  it('is not written by a build that could not take an event: a mended one gets it again', async () => {
    const { store, clock, put, pages } = followedStore();
    const stream = instanceStream(randomUUID());
    const waited = { upgradeId: randomUUID(), attempt: 1, target: 'lagoon/eu', waitedMs: 5 };
    store.putRaw(stream, 'WaitEnded', waited, { ...SAMPLE_METADATA, hash: 'a'.repeat(64) });
    await put(EVERY);
    const taken: string[] = [];
    const follow = async (take: (instanceId: string) => void) => {
      const follower = new Follower(store, clock);
      follower.tail.add({ onInstanceEvent: ({ instanceId }) => take(instanceId) });
      return follower.start();
    };
    const first = await follow(() => {
      throw new RangeError('a defect');
    });
    await first.tail.noteFolds();
    expect(first.tail.setAside.size).toBe(1);
    expect(await pages()).toEqual([]);
    const second = await follow((instanceId) => taken.push(instanceId));
    expect(taken).toHaveLength(1);
    await second.tail.noteFolds();
    expect(await pages()).not.toEqual([]);
  });
});
