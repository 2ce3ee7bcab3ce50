import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { StoredEvent } from '@uplift/contracts';
import type { Evidence } from '@uplift/domain';
import type { AllTail, TailedInstanceEvent } from '@uplift/event-store';
import { StreamGoneError, UnreadableHistoryError } from '@uplift/event-store';
import type { Clock, Randomness } from '@uplift/runtime';
import { Backoff } from '@uplift/runtime';
import type { ClockCheck } from './clock-check';
import type { DeadlineProjection, OverdueDeadline, RunningDeadline } from './deadlines.projection';
import type { DeadlineEnforcer } from './deadline-enforcer';
import { MOST_REDRIVES } from './deadline-enforcer';
import type { OpenWait, ToldWait } from './deadline-row';
import type { StageQueues } from './stage-queues';
import type { StoreClock } from '../../store/event-clock';
import type { WaitReasons } from './wait-reasons';

/** What the watchdog knows, all of it folded from the store. */
export interface WatchdogView {
  readonly deadlines: DeadlineProjection;
  readonly reasons: WaitReasons;
  readonly storeClock: StoreClock;
  readonly queues: StageQueues;
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
  private beatAt: number;

  constructor(
    private readonly tail: AllTail,
    private readonly view: WatchdogView,
    private readonly actions: WatchdogActions,
    private readonly options: WatchdogOptions,
  ) {
    this.doubts = new Backoff(options.randomness, DOUBTS);
    this.beatAt = options.clock.monotonic();
    tail.add({
      onEvent: (event) => this.hear(event),
      onInstanceEvent: (event) => this.take(event),
      onSystemEvent: (event) => view.reasons.recordSwitch(event),
      onUnreadable: ({ instanceId, event }) =>
        this.forget(instanceId, Date.parse(event.recordedAt)),
      folds: [
        view.deadlines,
        ...view.reasons.folds,
        view.queues.fold,
        view.storeClock.fold,
        actions.clockCheck.fold,
      ],
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

  /** How long ago its loop turned last. */
  get beatAgeMs(): number {
    return this.options.clock.monotonic() - this.beatAt;
  }

  private beat(): void {
    this.beatAt = this.options.clock.monotonic();
    this.options.onBeat();
  }

  private hear(event: StoredEvent): void {
    const at = Date.parse(event.recordedAt);
    this.view.storeClock.observe(at, this.tail.hasCaughtUp);
    this.view.reasons.hear(at);
    this.actions.clockCheck.observe(event);
    if (!this.heard.signal.aborted) this.heard.abort();
  }

  private take(event: TailedInstanceEvent): void {
    this.view.deadlines.record(event);
    this.view.reasons.record(event);
    this.view.queues.record(event);
  }

  /** Nobody can decide on an instance that cannot be read: it is set aside, and has no deadline. */
  private forget(instanceId: string | null, at: number): void {
    if (instanceId === null) return;
    this.view.deadlines.forget(instanceId);
    this.view.reasons.forget(instanceId, at);
  }

  private async patrol(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      this.beat();
      await this.round().catch((error: unknown) => this.options.onError(error));
      await this.options.clock.idle(this.options.intervalMs, signal);
    }
  }

  private async round(): Promise<void> {
    if (!this.tail.hasCaughtUp) return;
    const { deadlines } = this.view;
    await this.each(await this.provedLate(), (row) => this.settle(row));
    await this.each(deadlines.waiting(), (row) => this.follow(row));
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
    const { deadlines, reasons } = this.view;
    const wall = this.options.clock.wall();
    return (
      deadlines.overdue(wall).length > 0 ||
      deadlines.waiting().some(({ waitingFor }) => waitingFor && reasons.isQuiet(waitingFor, wall))
    );
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
  private async each<Row extends RunningDeadline>(
    rows: readonly Row[],
    look: (row: Row) => Promise<void>,
  ): Promise<void> {
    for (const row of rows) {
      if (this.abort.signal.aborted) return;
      this.beat();
      await look(row).catch((error: unknown) => this.afterFailure(row, error));
    }
  }

  /** No event says that nothing can be decided on it: who starts next tries again. */
  private afterFailure({ instanceId, touchedAt }: RunningDeadline, error: unknown): void {
    this.options.onError(error);
    const isFinal = error instanceof StreamGoneError || error instanceof UnreadableHistoryError;
    if (!isFinal) return;
    this.view.deadlines.giveUp(instanceId);
    this.view.reasons.giveUp(instanceId, touchedAt);
  }

  /** Who waits is late only once it was told that the wait is over. */
  private async settle(row: OverdueDeadline): Promise<void> {
    const { enforcer } = this.actions;
    if (row.isExpired) return enforcer.expire(row);
    if (row.isAttemptOver) return enforcer.timeOut(row);
    if (row.waitingFor !== null) return;
    const reason = this.view.reasons.of(row);
    return reason === null ? this.settleOffer(row) : enforcer.explain(row, reason);
  }

  /** A stage that was never heard of may have others before it, nobody to work on it, or have lost its message. */
  private async settleOffer(row: OverdueDeadline): Promise<void> {
    const { enforcer } = this.actions;
    if (row.offer === null) return enforcer.timeOut(row);
    const state = await this.view.queues.stateOf(row, this.view.deadlines.all);
    if (state.kind === 'queued') return enforcer.explain(row, state.wait);
    if (state.kind === 'stalled') return enforcer.timeOut(row, NOBODY);
    return row.redriven < MOST_REDRIVES ? enforcer.redrive(row) : enforcer.timeOut(row, NO_ANSWER);
  }

  /** Ends a wait that is over, or says again after a while that it lasts. */
  private async follow(row: RunningDeadline): Promise<void> {
    const { waitingFor: told } = row;
    if (told === null) return;
    const { reasons } = this.view;
    const queue = told.target.startsWith(QUEUE) ? await this.queueOf(row) : null;
    if (queue === 'over' || reasons.isOver(row)) {
      return this.actions.enforcer.endWait(row, told, reasons.waitedMs(told));
    }
    if (!reasons.isQuiet(told) || !this.view.storeClock.isTrusted) return;
    const changed = {
      waitedMs: reasons.waitedMs(told),
      ...changesOf(told, queue ?? reasons.queued(row)),
    };
    return this.actions.enforcer.remind(row, told, changed);
  }

  /** How the queue stands; null if that is too new to be told, or the same. */
  private async queueOf(row: RunningDeadline): Promise<OpenWait | 'over' | null> {
    const state = await this.view.queues.stateOf(row, this.view.deadlines.all);
    if (state.kind === 'queued') return state.wait;
    return this.view.reasons.isRecent(row.touchedAt) ? null : 'over';
  }
}

const QUEUE = 'queue:';
const NOBODY = 'no worker takes messages of this stage';
const NO_ANSWER = `no worker answered, although the stage was offered again ${MOST_REDRIVES} times`;

function changesOf(told: ToldWait, now: Pick<OpenWait, 'place' | 'estimatedAt'>): Evidence {
  const { place = told.place, estimatedAt = told.estimatedAt } = now;
  const isNew = ([name, value]: [string, unknown]) => value !== told[name as keyof ToldWait];
  const changed = Object.entries({ place, estimatedAt }).filter(isNew);
  return Object.fromEntries(changed) as Evidence;
}
