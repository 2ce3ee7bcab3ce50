import type { EventStore, SubscribeToAllOptions } from '@uplift/event-store';
import { NO_STREAM } from '@uplift/event-store';
import { AllReader } from './all-reader';
import { newestOf, newStream, sampleEvent } from './sample-events';

const LEFT_OUT = ['LeftOutHappened', 'AlsoLeftOut'];

/** Subscriptions to which the store does not send everything. */
export function filteredSuite(open: () => EventStore): void {
  let store: EventStore;
  let readers: AllReader[];
  const subscribe = async (options: SubscribeToAllOptions = {}) => {
    const after = (await newestOf(store)) ?? 0n;
    const reader = new AllReader(store, { after, withoutTypes: LEFT_OUT, ...options });
    readers.push(reader);
    return reader;
  };
  const put = (stream: string, types: readonly string[]) =>
    store.append(
      stream,
      NO_STREAM,
      types.map((type, n) => ({ ...sampleEvent(n), type })),
    );
  const many = (count: number) => Array.from({ length: count }, () => 'LeftOutHappened');

  beforeEach(() => {
    store = open();
    readers = [];
  });
  afterEach(() => Promise.all(readers.map((reader) => reader.stop())));

  describe('subscribe to all but some types', () => {
    it('brings every other type, known or not, also where a name only begins or ends alike', async () => {
      const types = ['LeftOutHappened', 'NeverHeardOf', 'AlsoLeftOut', 'LeftOutHappenedAgain'];
      const stream = newStream();
      const reader = await subscribe();
      await put(stream, [...types, 'NotLeftOutHappened']);
      await reader.until((r) => r.of(stream).length === 3);
      expect(reader.of(stream).map(({ type }) => type)).toEqual([
        'NeverHeardOf',
        'LeftOutHappenedAgain',
        'NotLeftOutHappened',
      ]);
    });

    it('says that it caught up where nothing of what was there came', async () => {
      const reader = await subscribe();
      await put(newStream(), many(100));
      await reader.until(({ caughtUp }) => caughtUp);
      expect(reader.events).toEqual([]);
    });

    it('moves on over what does not come while it catches up, and begins there another time', async () => {
      const after = (await newestOf(store)) ?? 0n;
      const { position } = await put(newStream(), many(3_000));
      const reader = await subscribe({ after });
      await reader.until(({ upTo }) => upTo !== null && upTo >= position);
      const again = await subscribe({ after: reader.upTo ?? 0n });
      const stream = newStream();
      await put(stream, ['SampleHappened']);
      await again.until((r) => r.of(stream).length === 1);
      expect(again.events.map(({ type }) => type)).toEqual(['SampleHappened']);
    });

    it('moves on over what does not come while it is live', async () => {
      const reader = await subscribe();
      await reader.until(({ caughtUp }) => caughtUp);
      const first = await put(newStream(), many(10));
      for (let n = 0; n < 12; n += 1) await put(newStream(), many(200));
      await reader.until(({ upTo }) => upTo !== null && upTo > first.position);
      expect(reader.events).toEqual([]);
    });

    it('stays caught up over what does not come', async () => {
      const reader = await subscribe();
      await reader.until(({ caughtUp }) => caughtUp);
      for (let n = 0; n < 5; n += 1) {
        const stream = newStream();
        await put(stream, [...many(300), 'SampleHappened']);
        await reader.until((r) => r.of(stream).length === 1);
        expect(reader.caughtUp).toBe(true);
      }
    });

    it('refuses a name that is no type of events', async () => {
      const reader = await subscribe({ withoutTypes: ['a|b'] });
      await expect(reader.next()).rejects.toThrow(/No type of events/);
    });
  });
}
