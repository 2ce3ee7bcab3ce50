import { NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { eventStoreSuite } from './event-store.suite';
import { readingAllSuite } from './reading-all.suite';
import { newStream, sampleEvents } from './sample-events';

eventStoreSuite('in memory', () => new InMemoryEventStore());

describe('event store in memory, page by page', () => {
  const store = new InMemoryEventStore();
  const put = (stream: string, type: string, data: object) =>
    Promise.resolve(store.putRaw(stream, type, data));
  readingAllSuite(
    () => store,
    () => ({
      put,
      cut: (stream, how) => {
        if (how === 'tombstoned') return put(stream, '$streamDeleted', {});
        return put(`$$${stream}`, '$metadata', { $tb: how === 'deleted' ? 2 ** 63 : 2 });
      },
    }),
  );
});

describe('event store in memory', () => {
  it('is empty at first', async () => {
    expect(await new InMemoryEventStore().lastPosition()).toBeNull();
  });

  it('records events at the time of the clock it is given', async () => {
    const store = new InMemoryEventStore({
      clock: new VirtualClock(Date.parse('2026-01-02T03:04:05.678Z')),
    });
    const stream = newStream();
    await store.append(stream, NO_STREAM, sampleEvents(1));
    expect((await store.load(stream))[0]?.recordedAt).toBe('2026-01-02T03:04:05.678Z');
  });
});
