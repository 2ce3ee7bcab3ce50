import type { StoredEvent } from '@uplift/contracts';
import type { DivergenceWatch } from './divergence-watch';
import { EventStore, EventStoreUnavailableError } from './event-store.port';
import type {
  AllEventsBatch,
  AllEventsPage,
  Appended,
  EventStoreCounters,
  EventToAppend,
  StreamHead,
  SubscribeToAllOptions,
} from './event-store.port';

/** Appends nothing to a store that differs from the bus. Reads go on. */
export class GuardedEventStore extends EventStore {
  private interruptions = 0;

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
    this.doubtAfterInterruption();
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

  override eventAt(position: bigint): Promise<StoredEvent | null> {
    return this.heard(this.store.eventAt(position));
  }

  override get counters(): EventStoreCounters {
    return this.store.counters;
  }

  override close(): Promise<void> {
    return this.store.close();
  }

  /** Short ones are mended within the store and told to nobody. */
  private doubtAfterInterruption(): void {
    const { interruptions } = this.store.counters;
    if (interruptions !== this.interruptions) this.watch.doubt();
    this.interruptions = interruptions;
  }

  private heard<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const failed = (error: unknown) => {
      if (error instanceof EventStoreUnavailableError) this.watch.doubt();
    };
    void answer.then(() => this.doubtAfterInterruption(), failed);
    return answer;
  }
}
