import type { StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import type { SpanAttributes, SpanOptions, Tracing } from '@uplift/runtime';
import { EventStoreDecorator } from './event-store.decorator';
import type { Appended, EventStore, EventToAppend, StreamHead } from './event-store.port';
import { ownerIds } from './event-spans';

/** Shows appends and reads within the spans that wait for them. Whoever follows the store waits for nothing. */
export class TracedEventStore extends EventStoreDecorator {
  constructor(
    store: EventStore,
    private readonly tracing: Tracing,
  ) {
    super(store);
  }

  override append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    const [first] = events;
    const ids = ownerIds(stream, first?.metadata.$correlationId ?? '');
    // What a request or a message was about is known from what comes of it.
    this.tracing.active?.set(ids);
    const types = events.map(({ type }) => type);
    const told = { ...ids, 'uplift.event.types': types, 'db.operation.batch.size': events.length };
    return this.shown('append', stream, () => super.append(stream, after, events), told);
  }

  override load(stream: string, fromRevision?: number, most?: number): Promise<StoredEvent[]> {
    return this.shown('read', stream, () => super.load(stream, fromRevision, most));
  }

  override loadLast(stream: string, count: number, upTo?: number): Promise<StoredEvent[]> {
    return this.shown('read', stream, () => super.loadLast(stream, count, upTo));
  }

  override lastOf(stream: string): Promise<StoredEvent | null> {
    return this.shown('read', stream, () => super.lastOf(stream));
  }

  protected override onInterrupted(): void {
    // It shows in the spans.
  }

  private shown<Answer>(
    operation: string,
    stream: string,
    ask: () => Promise<Answer>,
    attributes: SpanAttributes = {},
  ): Promise<Answer> {
    if (this.tracing.active === undefined) return ask();
    return this.tracing.trace(spanOf(operation, stream, attributes), ask);
  }
}

function spanOf(operation: string, stream: string, attributes: SpanAttributes): SpanOptions {
  const { category } = splitStreamName(stream);
  return {
    name: `${operation} ${category}`,
    kind: 'client',
    attributes: {
      'db.system.name': 'eventstoredb',
      'db.operation.name': operation,
      'db.collection.name': category,
      ...attributes,
    },
  };
}
