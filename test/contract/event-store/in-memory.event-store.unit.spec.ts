import { NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore, InMemoryOtherProgram } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { eventStoreSuite } from './event-store.suite';
import { foreignSuite } from './foreign.suite';
import { fullSuite } from './full.suite';
import { readingAllSuite } from './reading-all.suite';
import { newStream, sampleEvents } from './sample-events';

eventStoreSuite('in memory', () => new InMemoryEventStore());

let shared: InMemoryEventStore;
const openShared = () => (shared = new InMemoryEventStore());
const openOther = () => new InMemoryOtherProgram(shared);
foreignSuite('in memory', openShared, openOther);
readingAllSuite('in memory', openShared, openOther);

fullSuite('in memory', () => {
  const store = new InMemoryEventStore();
  return { store, setFull: (isFull) => (store.isFull = isFull) };
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
