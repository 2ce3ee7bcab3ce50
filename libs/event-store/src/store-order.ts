import { isOurs, type StoredEvent } from '@uplift/contracts';
import type { EventStore } from './event-store.port';
import { isUnchanged, placeInStore, type MessageOfRelay } from './relayed-message';

/** Events looked at in one read. */
const PAGE = 128;

/** Where in the store messages begin. */
export interface StartInStore {
  /** Position of the event that they follow; null: they begin with the first. */
  readonly after: bigint | null;
  /** How many events lie between, since their messages are gone. */
  readonly lost: number;
}

/** Holds messages against the order of our events in the store. */
export class StoreOrder {
  constructor(
    private readonly store: EventStore,
    private readonly onStep: () => void,
  ) {}

  /** Events of a stream that was deleted, or of other programs, tell no place. */
  async isPlace({ event }: MessageOfRelay): Promise<boolean> {
    return isOurs(event) && (await placeInStore(this.store, event)) === 'stored';
  }

  /**
   * `broken`: sequence of the first message that is not the next event of the store; null if all are. `after`:
   * position of the last event that they carry.
   */
  async compare(messages: readonly MessageOfRelay[], start: StartInStore) {
    const stored = new EventsBehind(this.store, start.after, this.onStep);
    const [first] = messages;
    if (first && !(await stored.passOver(first.event.position, start.lost))) {
      return { broken: first.sequence, after: 0n };
    }
    for (const { event, sequence } of messages) {
      this.onStep();
      const next = await stored.peek();
      if (next && isUnchanged(next, event)) stored.skip();
      else if (!(await this.mayBeMissing(event, next))) return { broken: sequence, after: 0n };
    }
    return { broken: null, after: stored.passed ?? 0n };
  }

  /** An older build published events of others, and those of a deleted stream are cleared away some time. */
  private async mayBeMissing(event: StoredEvent, next: StoredEvent | undefined): Promise<boolean> {
    if (next && next.position <= event.position) return false;
    return !isOurs(event) || (await placeInStore(this.store, event)) === 'gone';
  }
}

/** Our events behind a position of the store, one by one. */
class EventsBehind {
  private events: readonly StoredEvent[] = [];
  private readUpTo: bigint | null;
  private isEnd = false;

  constructor(
    private readonly store: EventStore,
    /** Position of the last event that was skipped. */
    public passed: bigint | null,
    private readonly onRead: () => void,
  ) {
    this.readUpTo = passed;
  }

  async peek(): Promise<StoredEvent | undefined> {
    while (this.events.length === 0 && !this.isEnd) {
      this.onRead();
      const { events, upTo, isEnd } = await this.store.readAll(this.readUpTo, PAGE);
      this.events = events;
      this.readUpTo = upTo;
      this.isEnd = isEnd;
    }
    return this.events[0];
  }

  skip(): void {
    this.passed = this.events[0]?.position ?? this.passed;
    this.events = this.events.slice(1);
  }

  /** Whether so many events come before the position. */
  async passOver(before: bigint, count: number): Promise<boolean> {
    for (let passed = 0; passed < count; passed += 1) {
      const next = await this.peek();
      if (!next || next.position >= before) return false;
      this.skip();
    }
    return true;
  }
}
