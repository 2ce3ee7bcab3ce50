import type { StoredEvent } from '@uplift/contracts';
import { isInstanceStream, toRecordedInstanceEvent } from '@uplift/contracts';
import type { RecordedInstanceEvent } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { pause } from '../runner/pause';

export interface TailedEvent extends RecordedInstanceEvent {
  /** Id of the actor. */
  readonly writtenBy: string;
  /** False for what was in the store before the tail had caught up. */
  readonly isLive: boolean;
}

export interface TailListener {
  readonly onEvent: (event: TailedEvent) => void;
  readonly onBatch?: () => void;
  readonly onError: (error: unknown) => void;
}

const RESUBSCRIBE_MS = 1_000;

/** Follows every instance in the store, from the first event on, and comes back after every break. */
export class AllTail {
  private readonly abort = new AbortController();
  private after: bigint | undefined;
  private isAtEnd = false;

  constructor(
    private readonly store: EventStore,
    private readonly listener: TailListener,
  ) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.abort.abort();
  }

  /** Whether the listener knows all that the store holds; false again after a break. */
  get hasCaughtUp(): boolean {
    return this.isAtEnd;
  }

  private async run(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      await this.follow(signal).catch((error: unknown) => this.lost(error));
      await pause(RESUBSCRIBE_MS, signal).catch(() => undefined);
    }
  }

  private lost(error: unknown): void {
    this.isAtEnd = false;
    if (!this.abort.signal.aborted) this.listener.onError(error);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const position = this.after === undefined ? {} : { after: this.after };
    for await (const batch of this.store.subscribeToAll({ ...position, signal })) {
      batch.events.forEach((event) => this.take(event));
      if (batch.caughtUp) this.isAtEnd = true;
      this.listener.onBatch?.();
    }
  }

  private take(event: StoredEvent): void {
    if (isInstanceStream(event.stream)) {
      const writtenBy = event.metadata.actor.id;
      const recorded = toRecordedInstanceEvent(event);
      this.listener.onEvent({ ...recorded, writtenBy, isLive: this.isAtEnd });
    }
    this.after = event.position;
  }
}
