import type { StoredEvent } from '@uplift/contracts';
import { EventStore } from './event-store.port';
import type {
  AllEventsBatch,
  AllEventsPage,
  Appended,
  EventStoreCounters,
  EventToAppend,
  StreamHead,
  SubscribeToAllOptions,
} from './event-store.port';

/** Hands everything on to a store, and tells of whatever may mean that another one is behind it since. */
export abstract class EventStoreDecorator extends EventStore {
  private interruptions = 0;

  constructor(protected readonly store: EventStore) {
    super();
  }

  override append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    return this.heard(this.store.append(stream, after, events));
  }

  override load(stream: string, fromRevision?: number, most?: number): Promise<StoredEvent[]> {
    return this.heard(this.store.load(stream, fromRevision, most));
  }

  override loadLast(stream: string, count: number, upTo?: number): Promise<StoredEvent[]> {
    return this.heard(this.store.loadLast(stream, count, upTo));
  }

  override lastOf(stream: string): Promise<StoredEvent | null> {
    return this.heard(this.store.lastOf(stream));
  }

  override async *subscribeToAll(options?: SubscribeToAllOptions): AsyncGenerator<AllEventsBatch> {
    try {
      yield* this.store.subscribeToAll(options);
    } catch (error) {
      this.onInterrupted();
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

  /** The store was away, or a tail of it has ended. */
  protected abstract onInterrupted(): void;

  /** Every answer on its way to the caller. */
  protected heard<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return answer;
  }

  /** Short interruptions are mended within the store and told to nobody. */
  protected noticeInterruption(): void {
    const { interruptions } = this.store.counters;
    if (interruptions !== this.interruptions) this.onInterrupted();
    this.interruptions = interruptions;
  }
}
