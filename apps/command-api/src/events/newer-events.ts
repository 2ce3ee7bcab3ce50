import type { StoredEvent } from '@uplift/contracts';
import { isOfNewerVersion, UnknownEventError } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { EventStoreDecorator } from '@uplift/event-store';

/** Notices what a newer build has written in whatever is read for a command or a client. */
export class NewerEventsNoticed extends EventStoreDecorator {
  private newer: StoredEvent | undefined;

  constructor(store: EventStore) {
    super(store);
  }

  /** Why this build is too old for what it has read, in words. */
  get tooOldFor(): string | undefined {
    return this.newer && new UnknownEventError(this.newer).message;
  }

  override async load(
    stream: string,
    fromRevision?: number,
    most?: number,
  ): Promise<StoredEvent[]> {
    return this.noticed(await super.load(stream, fromRevision, most));
  }

  override async loadLast(stream: string, count: number, upTo?: number): Promise<StoredEvent[]> {
    return this.noticed(await super.loadLast(stream, count, upTo));
  }

  override async lastOf(stream: string): Promise<StoredEvent | null> {
    const last = await super.lastOf(stream);
    if (last !== null) this.noticed([last]);
    return last;
  }

  /** Whoever is told of it is behind this one. */
  protected override onInterrupted(): void {
    return;
  }

  private noticed(events: StoredEvent[]): StoredEvent[] {
    this.newer ??= events.find(isOfNewerVersion);
    return events;
  }
}
