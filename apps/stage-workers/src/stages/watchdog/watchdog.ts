import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { StoredEvent } from '@uplift/contracts';
import type { AllTail, TailedInstanceEvent } from '@uplift/event-store';
import type { Clock, Randomness } from '@uplift/runtime';
import { Backoff } from '@uplift/runtime';
import type { ClockCheck } from './clock-check';
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

/** What the watchdog writes. */
export interface WatchdogActions {
  readonly enforcer: DeadlineEnforcer;
  readonly clockCheck: ClockCheck;
}

export interface WatchdogOptions {
  readonly intervalMs: number;
  readonly onBeat: () => void;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Between two questions for the time that somebody needs the answer to at once, in ms. */
const ASKS_APART_MS = 5_000;
/** How long an answer is waited for. */
const ANSWER_MS = 2_000;
/** Between two questions that only the own clock gives reason for: it may be wrong for long. */
const DOUBTS = { firstMs: 60_000, longestMs: 1_800_000 };

/**
 * Tails the store, not the bus, so that a dead bus is noticed too: a stage past its deadline ends in an event that
 * says why, or goes on waiting with an event that says for what. Holds nothing that a restart could lose. Goes by the
 * store's time: nobody is late before the store has just told what time it is.
 */
export class Watchdog implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly abort = new AbortController();
  private readonly doubts: Backoff;
  private heard = new AbortController();
  /** Monotonic times. */
  private askedAt = Number.NEGATIVE_INFINITY;
  private doubtsAfter = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly tail: AllTail,
    private readonly view: WatchdogView,
    private readonly actions: WatchdogActions,
    private readonly options: WatchdogOptions,
  ) {
    this.doubts = new Backoff(options.randomness, DOUBTS);
    tail.add({
      onEvent: (event) => this.hear(event),
      onInstanceEvent: (event) => this.take(event),
      onSystemEvent: (event) => view.reasons.recordSwitch(event),
    });
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
    if (this.view.storeClock.isTrusted) return undefined;
    return `own clock and store clock differ by ${this.view.storeClock.differenceMs} ms`;
  }

  private hear(event: StoredEvent): void {
    this.view.storeClock.observe(Date.parse(event.recordedAt), this.tail.hasCaughtUp);
    this.actions.clockCheck.observe(event);
    this.heard.abort();
  }

  private take(event: TailedInstanceEvent): void {
    this.view.deadlines.record(event);
    this.view.reasons.record(event);
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
    await this.each(await this.provedLate(), (row) => this.settle(row));
    await this.each(deadlines.waiting(), (row) => this.release(row));
  }

  /** Those who are late by a time that the store has just told; who seems late otherwise is reason to ask it. */
  private async provedLate(): Promise<readonly OverdueDeadline[]> {
    const { deadlines, storeClock } = this.view;
    const late = () => deadlines.overdue(storeClock.now());
    const isNeeded = late().length > 0;
    const isDoubtful = !storeClock.isTrusted || this.seemsLate();
    if (!storeClock.isProved && (isNeeded || isDoubtful)) await this.askForTime(isNeeded);
    return storeClock.isProved ? late() : [];
  }

  private seemsLate(): boolean {
    return this.view.deadlines.overdue(this.options.clock.wall()).length > 0;
  }

  private async askForTime(isNeeded: boolean): Promise<void> {
    const now = this.options.clock.monotonic();
    if (now - this.askedAt < ASKS_APART_MS || (!isNeeded && now < this.doubtsAfter)) return;
    if (isNeeded) this.doubts.reset();
    else this.doubtsAfter = now + this.doubts.next();
    this.askedAt = now;
    const answer = this.nextEvent();
    await this.actions.clockCheck.ask();
    await answer;
  }

  /** Resolves with the next event of the store, or when it takes too long. */
  private async nextEvent(): Promise<void> {
    const heard = new AbortController();
    this.heard = heard;
    await this.options.clock.idle(ANSWER_MS, heard.signal);
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
    if (row.isExpired) return this.actions.enforcer.expire(row);
    if (row.isAttemptOver) return this.actions.enforcer.timeOut(row);
    if (row.waitingFor !== null) return undefined;
    const reason = this.view.reasons.of(row);
    return reason === null
      ? this.actions.enforcer.timeOut(row)
      : this.actions.enforcer.explain(row, reason);
  }

  private release(row: RunningDeadline): Promise<void> | undefined {
    const { waitingFor } = row;
    if (waitingFor === null || !this.view.reasons.isOver(row)) return undefined;
    return this.actions.enforcer.endWait(row, waitingFor, this.view.reasons.waitedMs(waitingFor));
  }
}
