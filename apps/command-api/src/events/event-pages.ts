import type { EventPage, Query, StoredEvent } from '@uplift/contracts';
import { DEFAULT_PAGE_LENGTH, instanceStream, refusal } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { StreamNotFoundError } from '@uplift/event-store';
import { eventDocument } from './event-frames';

/** Part of a stream, and the revision that the next one begins with. */
interface Part {
  readonly events: readonly StoredEvent[];
  readonly nextRevision: number | null;
}

interface Place {
  readonly from: number | undefined;
  readonly limit: number;
}

/**
 * The events of one instance, page by page from either end; what a page costs does not depend on the length of the stream.
 * A revision names the same event for ever, so that events which come meanwhile move no page.
 */
export class EventPages {
  constructor(private readonly store: EventStore) {}

  /** Throws the problem `instance-unknown`, and StreamGoneError. */
  async page({ instanceId, from, order, limit = DEFAULT_PAGE_LENGTH }: Query<'instanceEvents'>) {
    const stream = instanceStream(instanceId);
    const place = { from, limit };
    const isBackwards = order === 'newest-first';
    try {
      const { events, nextRevision } = await (isBackwards
        ? this.backwards(stream, place)
        : this.forwards(stream, place));
      return { instanceId, items: events.map(eventDocument), nextRevision } satisfies EventPage;
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
      throw refusal('instance-unknown', 'The instance is not registered', { instanceId });
    }
  }

  private async forwards(stream: string, { from = 0, limit }: Place): Promise<Part> {
    // Behind the end there is nothing to tell an unknown instance from, nor a stream whose first events are gone.
    if (from > 0) await this.store.load(stream, 0, 1);
    const found = await this.store.load(stream, from, limit + 1);
    return {
      events: found.slice(0, limit),
      nextRevision: found.length > limit ? from + limit : null,
    };
  }

  private async backwards(stream: string, { from, limit }: Place): Promise<Part> {
    const found = await this.store.loadLast(stream, limit, from);
    const first = found[0]?.revision ?? 0;
    return { events: found.reverse(), nextRevision: first > 0 ? first - 1 : null };
  }
}
