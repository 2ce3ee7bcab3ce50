import type { Clock } from '@uplift/runtime';
import type { DivergenceWatch } from './divergence-watch';
import { EventStoreDecorator } from './event-store.decorator';
import { AppendNotTriedError, EventStoreUnavailableError } from './event-store.port';
import type { Appended, EventStore, EventToAppend, StreamHead } from './event-store.port';
import { VerifiedEventStore } from './verified.event-store';
import type { StreamEnds } from './verified.event-store';

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

interface AppendChecks {
  readonly watch: DivergenceWatch;
  readonly ends: StreamEnds;
  readonly clock: Clock;
}

/**
 * An append is held against the bus, and then against the event that it builds on: the first may take seconds, in which
 * the store can become another one and somebody else come as far.
 */
export function checkedEventStore(
  store: EventStore,
  { watch, ends, clock }: AppendChecks,
): EventStore {
  return new GuardedEventStore(new VerifiedEventStore(store, ends, clock), watch);
}
