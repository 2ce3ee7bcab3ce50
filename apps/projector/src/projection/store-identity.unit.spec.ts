import type { StoredEvent } from '@uplift/contracts';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { checkpointAt } from '../testing/checkpoint-at';
import { isAnotherStore } from './store-identity';

const CHECKPOINT = checkpointAt(100n);
const EVENT = {
  ...CHECKPOINT.lastEvent,
  position: 100n,
  metadata: { hash: 'hash-100' },
} as StoredEvent;
const LATER = { ...EVENT, id: 'later', revision: 3, position: 400n };

/** What a read of the stream finds, and what is at the position. */
class StoreHolding extends InMemoryEventStore {
  reads = 0;

  constructor(
    private readonly inStream: readonly StoredEvent[],
    private readonly atPosition: StoredEvent | null,
  ) {
    super();
  }

  override load(): Promise<StoredEvent[]> {
    this.reads += 1;
    return Promise.resolve([...this.inStream]);
  }

  override eventAt(position: bigint): Promise<StoredEvent | null> {
    this.reads += 1;
    return Promise.resolve(position === 100n ? this.atPosition : null);
  }
}

test('a store that holds the last event folded is the same, by one read', async () => {
  const store = new StoreHolding([EVENT], EVENT);
  expect(await isAnotherStore(store, CHECKPOINT)).toBe(false);
  expect(store.reads).toBe(1);
});

test.each([
  ['all of its events', []],
  ['its older events', [LATER]],
])('a stream that has let go of %s says nothing against the store', async (_, inStream) => {
  expect(await isAnotherStore(new StoreHolding(inStream, EVENT), CHECKPOINT)).toBe(false);
});

test.each<[string, StoredEvent | null]>([
  ['nothing', null],
  ['another event', { ...EVENT, id: 'another' }],
  ['an event with another hash', { ...EVENT, metadata: { ...EVENT.metadata, hash: 'other' } }],
])('a store with %s at the position is another one', async (_, there) => {
  expect(await isAnotherStore(new StoreHolding([], there), CHECKPOINT)).toBe(true);
});
