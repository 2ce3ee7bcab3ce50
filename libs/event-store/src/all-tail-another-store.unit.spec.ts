import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { AllTail } from './all-tail';
import type { AllTailOptions } from './all-tail';
import { NO_STREAM } from './event-store.port';
import type { SubscribeToAllOptions } from './event-store.port';
import { InMemoryEventStore, sampleEvent } from './testing';

/** A store that can be put back to another state, as from a copy. */
class ReplaceableStore extends InMemoryEventStore {
  private other: InMemoryEventStore | undefined;
  private cut = new AbortController();

  override async *subscribeToAll(options: SubscribeToAllOptions = {}) {
    const { signal } = this.cut;
    const ending = options.signal ? AbortSignal.any([options.signal, signal]) : signal;
    const from = { ...options, signal: ending };
    yield* this.other?.subscribeToAll(from) ?? super.subscribeToAll(from);
    if (signal.aborted) throw new Error('cut');
  }

  override lastPosition() {
    return this.other?.lastPosition() ?? super.lastPosition();
  }

  replaceWith(other: InMemoryEventStore): void {
    this.other = other;
    this.cutOff();
  }

  cutOff(): void {
    this.cut.abort();
    this.cut = new AbortController();
  }
}

let count = 0;

async function put(store: InMemoryEventStore, events = 1): Promise<void> {
  for (let n = 0; n < events; n += 1) {
    count += 1;
    const event = sampleEvent(count);
    await store.append(`refusal-${event.id}`, NO_STREAM, [event]);
  }
}

const tails: AllTail[] = [];
afterEach(() => Promise.all(tails.splice(0).map((tail) => tail.stop())));

function setUp(options: Partial<AllTailOptions> = {}) {
  const clock = new VirtualClock();
  const store = new ReplaceableStore();
  const onAnotherStore = jest.fn();
  const randomness = new SeededRandomness(1);
  const tail = new AllTail(store, { clock, randomness, onAnotherStore, ...options });
  tails.push(tail);
  const seen: string[] = [];
  const onStop = jest.fn();
  tail.add({ onEvent: ({ id }) => seen.push(id), onStop });
  return { clock, store, tail, seen, onStop, onAnotherStore };
}

describe('a tail whose store is put back to another one', () => {
  it.each([
    ['shorter', 1],
    ['as long', 3],
    ['longer', 5],
  ])('says so when it remembers the whole of it: the other is %s', async (_what, length) => {
    const { clock, store, tail, seen, onAnotherStore } = setUp();
    await put(store, 3);
    tail.start();
    await clock.advance(0);
    expect(seen).toHaveLength(3);
    const other = new InMemoryEventStore();
    await put(other, length);
    store.replaceWith(other);
    await clock.advance(2_000);
    expect(onAnotherStore).toHaveBeenCalled();
    expect(seen).toHaveLength(3);
  });

  it('goes on at its end where only what is new counts, without those who had a place in the first', async () => {
    const { clock, store, tail, seen, onStop, onAnotherStore } = setUp({ from: 'end' });
    await put(store, 3);
    tail.start();
    await clock.advance(0);
    const other = new InMemoryEventStore();
    await put(other, 1);
    store.replaceWith(other);
    await clock.advance(2_000);
    expect(onStop).toHaveBeenCalledTimes(1);
    const later: string[] = [];
    tail.add({ onEvent: ({ id }) => later.push(id) });
    await put(other, 2);
    await clock.advance(2_000);
    expect(later).toHaveLength(2);
    expect([seen, onAnotherStore.mock.calls]).toEqual([[], []]);
  });

  it('goes on where it was in a copy that has everything it has seen', async () => {
    const { clock, store, tail, seen, onAnotherStore } = setUp();
    await put(store, 3);
    tail.start();
    await clock.advance(0);
    store.cutOff();
    await clock.advance(2_000);
    await put(store, 1);
    await clock.advance(2_000);
    expect(seen).toHaveLength(4);
    expect(onAnotherStore).not.toHaveBeenCalled();
  });
});
