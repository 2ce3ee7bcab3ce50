import type { StoredEvent } from '@uplift/contracts';
import type { DivergenceWatch } from './divergence-watch';
import { EventStore, EventStoreUnavailableError } from './event-store.port';
import type {
  AllEventsBatch,
  AllEventsPage,
  Appended,
  EventToAppend,
  StreamHead,
  SubscribeToAllOptions,
} from './event-store.port';

/** Appends nothing to a store that differs from the bus. Reads go on. */
export class GuardedEventStore extends EventStore {
  constructor(
    private readonly store: EventStore,
    private readonly watch: DivergenceWatch,
  ) {
    super();
  }

  override async append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    await this.watch.assertSame();
    return this.heard(this.store.append(stream, after, events));
  }

  override load(stream: string, fromRevision?: number): Promise<StoredEvent[]> {
    return this.heard(this.store.load(stream, fromRevision));
  }

  override lastOf(stream: string): Promise<StoredEvent | null> {
    return this.heard(this.store.lastOf(stream));
  }

  override async *subscribeToAll(options?: SubscribeToAllOptions): AsyncGenerator<AllEventsBatch> {
    try {
      yield* this.store.subscribeToAll(options);
    } catch (error) {
      this.watch.doubt();
      throw error;
    }
  }

  override readAll(after: bigint | null, limit: number): Promise<AllEventsPage> {
    return this.heard(this.store.readAll(after, limit));
  }

  override lastPosition(): Promise<bigint | null> {
    return this.heard(this.store.lastPosition());
  }

  override close(): Promise<void> {
    return this.store.close();
  }

  private heard<Answer>(answer: Promise<Answer>): Promise<Answer> {
    answer.catch((error: unknown) => {
      if (error instanceof EventStoreUnavailableError) this.watch.doubt();
    });
    return answer;
  }
}
