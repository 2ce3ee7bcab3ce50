import type { StoredEvent } from '@uplift/contracts';
import type { AllEventsBatch, EventStore, SubscribeToAllOptions } from '@uplift/event-store';
import { NO_STREAM } from '@uplift/event-store';
import { newStream, sampleEvents } from './sample-events';

/** Reads `$all` batch by batch until something is seen, with what was read so far at hand. */
export class AllReader {
  readonly events: StoredEvent[] = [];
  caughtUp = false;
  /** Events of other programs that were skipped. */
  foreign = 0;
  upTo: bigint | null = null;
  private readonly abort = new AbortController();
  private readonly batches: AsyncIterator<AllEventsBatch>;

  constructor(store: EventStore, options: SubscribeToAllOptions = {}) {
    const iterable = store.subscribeToAll({ ...options, signal: this.abort.signal });
    this.batches = iterable[Symbol.asyncIterator]();
  }

  /** The next batch, or undefined at the end. */
  async next(): Promise<AllEventsBatch | undefined> {
    const result = await this.batches.next();
    if (result.done) return undefined;
    this.events.push(...result.value.events);
    this.foreign += result.value.foreign;
    this.upTo = result.value.upTo;
    this.caughtUp = result.value.caughtUp;
    return result.value;
  }

  async until(seen: (reader: AllReader) => boolean): Promise<this> {
    while (!seen(this)) {
      if (!(await this.next())) throw new Error('The subscription ended early');
    }
    return this;
  }

  of(stream: string): StoredEvent[] {
    return this.events.filter((event) => event.stream === stream);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.batches.return?.();
  }
}

/** Whatever the store is asked, it rejects with an error of this kind. */
export async function expectOnly(
  kind: new (...args: never[]) => Error,
  store: EventStore,
): Promise<void> {
  const asked = await Promise.allSettled([
    store.append(newStream(), NO_STREAM, sampleEvents(1)),
    store.load(newStream()),
    store.lastPosition(),
    new AllReader(store).next(),
  ]);
  const rejected = { status: 'rejected', reason: expect.any(kind) as unknown };
  expect(asked).toEqual([rejected, rejected, rejected, rejected]);
}
