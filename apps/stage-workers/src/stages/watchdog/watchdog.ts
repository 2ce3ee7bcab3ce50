import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { StoredEvent } from '@uplift/contracts';
import { isInstanceStream, toRecordedInstanceEvent } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { pause } from '../../runner/pause';
import type { DeadlineBook } from './deadline-book';
import type { StoreClock } from './store-clock';
import type { TimeoutJudge } from './timeout-judge';

export interface WatchdogOptions {
  readonly intervalMs: number;
  readonly onBeat: () => void;
  readonly onError: (error: unknown) => void;
  readonly clock: StoreClock;
}

const RESUBSCRIBE_MS = 1_000;

/**
 * Tails the store, not the bus, so that a dead bus is noticed too: a stage past its deadline ends in an event
 * that says why. Holds nothing that a restart could lose.
 */
export class Watchdog implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly abort = new AbortController();
  private after: bigint | undefined;
  private hasCaughtUp = false;

  constructor(
    private readonly store: EventStore,
    private readonly book: DeadlineBook,
    private readonly judge: TimeoutJudge,
    private readonly options: WatchdogOptions,
  ) {}

  onApplicationBootstrap(): void {
    void this.tail();
    void this.patrol();
  }

  onApplicationShutdown(): void {
    this.abort.abort();
  }

  /** Why this watchdog does not watch; undefined if it does. */
  readiness(): string | undefined {
    if (!this.hasCaughtUp) return 'has not read the whole store yet';
    if (this.options.clock.now() !== null) return undefined;
    return `own clock and store clock differ by ${this.options.clock.differenceMs} ms`;
  }

  private async tail(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      await this.follow(signal).catch((error: unknown) => this.lost(error));
      await pause(RESUBSCRIBE_MS, signal).catch(() => undefined);
    }
  }

  private lost(error: unknown): void {
    this.hasCaughtUp = false;
    if (!this.abort.signal.aborted) this.options.onError(error);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const position = this.after === undefined ? {} : { after: this.after };
    for await (const batch of this.store.subscribeToAll({ ...position, signal })) {
      batch.events.forEach((event) => this.take(event));
      if (batch.caughtUp) this.hasCaughtUp = true;
    }
  }

  private take(event: StoredEvent): void {
    if (isInstanceStream(event.stream)) {
      const recorded = toRecordedInstanceEvent(event);
      this.book.record(recorded);
      this.options.clock.observe(recorded.at, this.hasCaughtUp);
    }
    this.after = event.position;
  }

  private async patrol(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      this.options.onBeat();
      await this.round().catch((error: unknown) => this.options.onError(error));
      await pause(this.options.intervalMs, signal).catch(() => undefined);
    }
  }

  private async round(): Promise<void> {
    if (!this.hasCaughtUp) return;
    for (const deadline of this.book.overdue(this.options.clock.now())) {
      this.options.onBeat();
      await this.judge.judge(deadline).catch((error: unknown) => this.options.onError(error));
    }
  }
}
