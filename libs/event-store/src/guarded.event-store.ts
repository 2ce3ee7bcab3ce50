import type { DivergenceWatch } from './divergence-watch';
import { EventStoreDecorator } from './event-store.decorator';
import { AppendNotTriedError, EventStoreUnavailableError } from './event-store.port';
import type { Appended, EventStore, EventToAppend, StreamHead } from './event-store.port';

/** Appends nothing to a store that differs from the bus. Reads go on. */
export class GuardedEventStore extends EventStoreDecorator {
  constructor(
    store: EventStore,
    private readonly watch: DivergenceWatch,
  ) {
    super(store);
  }

  override async append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    this.noticeInterruption();
    await this.watch.assertSame();
    return super.append(stream, after, events);
  }

  protected override onInterrupted(): void {
    this.watch.doubt();
  }

  protected override heard<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const failed = (error: unknown) => {
      // Of an append that was not sent the store knows nothing.
      if (error instanceof AppendNotTriedError) return;
      if (error instanceof EventStoreUnavailableError) this.watch.doubt();
    };
    void answer.then(() => this.noticeInterruption(), failed);
    return answer;
  }
}
