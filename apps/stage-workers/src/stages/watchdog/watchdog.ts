import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { AllTail, TailedInstanceEvent } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import type { DeadlineProjection, OverdueDeadline, RunningDeadline } from './deadlines.projection';
import type { DeadlineEnforcer } from './deadline-enforcer';
import type { StoreClock } from '../../store/event-clock';
import type { WaitReasons } from './wait-reasons';

/** What the watchdog knows, all of it folded from the store. */
export interface WatchdogView {
  readonly deadlines: DeadlineProjection;
  readonly reasons: WaitReasons;
  readonly storeClock: StoreClock;
}

export interface WatchdogOptions {
  readonly intervalMs: number;
  readonly onBeat: () => void;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

/**
 * Tails the store, not the bus, so that a dead bus is noticed too: a stage past its deadline ends in an event that
 * says why, or goes on waiting with an event that says for what. Holds nothing that a restart could lose.
 */
export class Watchdog implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly abort = new AbortController();

  constructor(
    private readonly tail: AllTail,
    private readonly view: WatchdogView,
    private readonly enforcer: DeadlineEnforcer,
    private readonly options: WatchdogOptions,
  ) {
    tail.add({ onInstanceEvent: (event) => this.take(event) });
  }

  onApplicationBootstrap(): void {
    void this.patrol();
  }

  onApplicationShutdown(): void {
    this.abort.abort();
  }

  /** Why this watchdog does not watch; undefined if it does. */
  readiness(): string | undefined {
    if (!this.tail.hasCaughtUp) return 'has not read the whole store yet';
    if (this.view.storeClock.now() !== null) return undefined;
    return `own clock and store clock differ by ${this.view.storeClock.differenceMs} ms`;
  }

  private take(event: TailedInstanceEvent): void {
    this.view.deadlines.record(event);
    this.view.reasons.record(event);
    this.view.storeClock.observe(event.at, event.isLive);
  }

  private async patrol(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      this.options.onBeat();
      await this.round().catch((error: unknown) => this.options.onError(error));
      await this.options.clock.idle(this.options.intervalMs, signal);
    }
  }

  private async round(): Promise<void> {
    if (!this.tail.hasCaughtUp) return;
    const { deadlines } = this.view;
    await this.each(deadlines.overdue(this.view.storeClock.now()), (row) => this.settle(row));
    await this.each(deadlines.waiting(), (row) => this.release(row));
  }

  /** One instance that cannot be settled holds up no other. */
  private async each<Row>(
    rows: readonly Row[],
    look: (row: Row) => Promise<void> | undefined,
  ): Promise<void> {
    for (const row of rows) {
      if (this.abort.signal.aborted) return;
      this.options.onBeat();
      await look(row)?.catch((error: unknown) => this.options.onError(error));
    }
  }

  /** The end of the attempt ends every wait; before it, whoever waits is first told that the wait is over. */
  private settle(row: OverdueDeadline): Promise<void> | undefined {
    if (row.isAttemptOver) return this.enforcer.timeOut(row);
    if (row.waitingFor !== null) return undefined;
    const reason = this.view.reasons.of(row);
    return reason === null ? this.enforcer.timeOut(row) : this.enforcer.explain(row, reason);
  }

  private release(row: RunningDeadline): Promise<void> | undefined {
    const { waitingFor } = row;
    if (waitingFor === null || !this.view.reasons.isOver(row)) return undefined;
    return this.enforcer.endWait(row, waitingFor, this.view.reasons.waitedMs(waitingFor));
  }
}
