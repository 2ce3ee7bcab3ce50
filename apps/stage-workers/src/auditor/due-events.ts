import type { StoredEvent } from '@uplift/contracts';
import type { AllEventsPage, EventStore } from '@uplift/event-store';
import { EventStoreUnavailableError, placeInStore } from '@uplift/event-store';

/** Events of the store behind a position. */
export type ReadPage = (after: bigint | null) => Promise<AllEventsPage>;

/** Events of the store that the messages seen so far have passed over. */
export interface Hole {
  readonly first: StoredEvent;
  readonly last: StoredEvent;
  readonly count: number;
}

/** The events that the bus has to carry next, in the order of the store. */
export class DueEvents {
  private queue: StoredEvent[] = [];
  private passed: Hole | null = null;

  constructor(
    private readonly store: EventStore,
    private readonly readPage: ReadPage,
    /** Where the page ends that the queue comes from. */
    private queueEnd: bigint | null,
  ) {}

  /** What was passed over since the last event that was taken. */
  get hole(): Hole | null {
    return this.passed;
  }

  /**
   * The event that a message carries, if it is due: those before it are passed over. Null: the store does not have it,
   * or it was due before.
   */
  async until(event: StoredEvent): Promise<StoredEvent | null> {
    const next = await this.next();
    if (isSame(next, event)) return next ?? null;
    if ((await placeInStore(this.store, event)) !== 'stored') return null;
    return this.passTo(event);
  }

  /** The next event has its message. */
  take(): void {
    this.queue.shift();
    this.passed = null;
  }

  private async passTo(event: StoredEvent): Promise<StoredEvent | null> {
    let next = await this.next();
    for (; next && next.position < event.position; next = await this.next()) this.passOver(next);
    if (next) return isSame(next, event) ? next : null;
    if (event.position <= (this.queueEnd ?? -1n)) return null;
    throw new EventStoreUnavailableError('The store has an event that it does not list yet');
  }

  private passOver(event: StoredEvent): void {
    this.queue.shift();
    const { first = event, count = 0 } = this.passed ?? {};
    this.passed = { first, last: event, count: count + 1 };
  }

  private async next(): Promise<StoredEvent | undefined> {
    while (this.queue.length === 0) {
      const page = await this.readPage(this.queueEnd);
      this.queueEnd = page.upTo;
      this.queue = [...page.events];
      if (page.isEnd) break;
    }
    return this.queue[0];
  }
}

function isSame(due: StoredEvent | undefined, { id, position }: StoredEvent): boolean {
  return due?.id === id && due.position === position;
}
