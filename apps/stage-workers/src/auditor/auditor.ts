import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Evidence, FindingKind } from '@uplift/domain';
import type { AllTail } from '@uplift/event-store';
import { findingIdOf } from '@uplift/event-store';
import type { Clock, Logger, Randomness } from '@uplift/runtime';
import { Backoff, errorMessage } from '@uplift/runtime';
import { AuditPass } from './audit-pass';
import type { AuditedParts } from './bus-epoch';
import type { FindingRecorder } from './finding-recorder';
import { unreadable } from './store-audit';
import { Tally } from './tally';

export interface AuditorOptions {
  /** Between two looks at what is new. */
  readonly intervalMs: number;
  /** Between two looks at everything. */
  readonly wholeMs: number;
  /** Newest messages that are looked at first after a start. */
  readonly newest: number;
  /** Most of the time that it works, in per cent. */
  readonly sharePercent: number;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Logger;
  readonly onBeat: () => void;
}

/** A state of things that holds or does not. */
export interface Condition {
  readonly kind: FindingKind;
  readonly subject: string;
  /** Who can see that it is over: the process that saw it before, or anybody. */
  readonly scope: 'process' | 'fleet';
  /** Why the finding is closed when it holds no longer. */
  readonly ended: string;
  /** Null while all is well, undefined while that is not known. */
  readonly look: () => Promise<
    { readonly detail: string; readonly evidence: Evidence } | null | undefined
  >;
}

/** Everything that is there was looked at, or not yet, or something cannot be looked at. */
type Came = 'to the end' | 'on' | 'nowhere';

/** Longest time between two beats. */
const BEAT_MS = 1_000;
const LONGEST_REST_MS = 30_000;
const AFTER_FAILURE = { firstMs: 1_000, longestMs: 30_000 };
/** An audit that fails so often in a row begins anew: the place where it stood may be no more. */
const MOST_FAILURES = 5;

/**
 * Looks through store and bus for what should not be there, differs or is missing: at start the newest messages, then
 * everything, then what is new at each interval, and everything again each day. Its place is kept in memory only, so
 * that a restart begins anew; what was recorded before is not recorded again. It stops at nothing.
 */
export class Auditor implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly abort = new AbortController();
  private patrolling: Promise<void> = Promise.resolve();
  private readonly backoff: Backoff;
  /** Follows what comes. */
  private recent: AuditPass;
  /** Goes through everything, and takes the place of `recent` when it has come to the end. */
  private whole: AuditPass | null = null;
  private wholeBegan = Number.NEGATIVE_INFINITY;
  /** What the tail cannot read. */
  private readonly ofTail = new Tally();
  private readonly parts: AuditedParts & { readonly tail: AllTail };
  /** What this process saw all well with when it looked last: what is found of it since is another's. */
  private readonly seenWell = new Set<Condition>();
  private fault: string | undefined;
  private failures = 0;

  constructor(
    /** The store is the auditor's own. */
    parts: Omit<AuditedParts, 'onStep'> & { readonly tail: AllTail },
    private readonly recorder: FindingRecorder,
    private readonly conditions: readonly Condition[],
    private readonly options: AuditorOptions,
  ) {
    this.backoff = new Backoff(options.randomness, AFTER_FAILURE);
    this.parts = { ...parts, onStep: () => this.goOn() };
    this.recent = new AuditPass(this.parts, options.newest);
    parts.tail.add({
      onSystemEvent: (event) => recorder.observe(event),
      onUnreadable: ({ event, ...why }) => this.ofTail.add(unreadable(event, why)),
      folds: [recorder.fold],
    });
  }

  onApplicationBootstrap(): void {
    this.patrolling = this.patrol();
  }

  async onApplicationShutdown(): Promise<void> {
    this.abort.abort();
    await this.patrolling;
    await this.parts.store.close();
  }

  private async patrol(): Promise<void> {
    await this.untilKnown();
    while (!this.isOver) {
      await this.lookAtConditions();
      if (this.failures >= MOST_FAILURES) this.beginAnew();
      await this.restBehind(await this.round());
    }
  }

  /** For one interval each what is new, and the whole: neither waits for the other to come to an end. */
  private async round(): Promise<Came> {
    const came = await this.follow(this.recent);
    this.whole ??= this.wholeIfDue();
    if (this.whole === null) return came;
    const wholeCame = await this.follow(this.whole);
    if (wholeCame === 'to the end') {
      this.recent = this.whole;
      this.whole = null;
    }
    return wholeCame;
  }

  private wholeIfDue(): AuditPass | null {
    if (this.now - this.wholeBegan < this.options.wholeMs) return null;
    this.wholeBegan = this.now;
    return new AuditPass(this.parts);
  }

  private beginAnew(): void {
    this.failures = 0;
    this.recent = new AuditPass(this.parts, this.options.newest);
    this.whole = null;
    this.wholeBegan = Number.NEGATIVE_INFINITY;
  }

  private async restBehind(came: Came): Promise<void> {
    const { intervalMs } = this.options;
    if (came === 'to the end') await this.rest(intervalMs);
    if (came === 'nowhere') await this.rest(Math.min(intervalMs, this.backoff.next()));
  }

  private async follow(pass: AuditPass): Promise<Came> {
    const until = this.now + this.options.intervalMs;
    while (!this.isOver && this.now < until) {
      this.options.onBeat();
      const began = this.now;
      const { isAtEnd, faults } = await pass.step();
      const isAllTold = await this.tell(pass, faults);
      if (isAtEnd && faults.length > 0) return 'nowhere';
      if (isAtEnd && isAllTold) return 'to the end';
      await this.restAfter(this.now - began);
    }
    return 'on';
  }

  /** False if there is more to tell at once. */
  private async tell(pass: AuditPass, faults: readonly unknown[]): Promise<boolean> {
    const flushed: unknown[] = [];
    const isMoreDue = await this.flush(pass.tally).catch((error: unknown) => {
      flushed.push(error);
      return false;
    });
    this.failures = faults.length > 0 ? this.failures + 1 : 0;
    if (faults.length === 0) this.backoff.reset();
    this.noteFault([...faults, ...flushed]);
    return !isMoreDue;
  }

  private flush(tally?: Tally): Promise<boolean> {
    const changed = [...this.ofTail.takeChanged(), ...(tally?.takeChanged() ?? [])];
    for (const finding of changed) this.recorder.note(finding);
    return this.recorder.flush(this.parts.onStep);
  }

  private goOn(): void {
    this.options.onBeat();
    this.abort.signal.throwIfAborted();
  }

  /** Once for each reason: store or bus may be away for long. */
  private noteFault(faults: readonly unknown[]): void {
    // What a shutdown interrupts is no fault.
    if (this.isOver) return;
    const [error] = faults;
    const fault = error === undefined ? undefined : errorMessage(error);
    if (fault !== undefined && fault !== this.fault) {
      this.options.logger.warn({ err: error }, 'the auditor cannot look or tell');
    }
    this.fault = fault;
  }

  private async lookAtConditions(): Promise<void> {
    for (const condition of this.conditions) {
      await this.lookAt(condition).catch((error: unknown) => this.noteFault([error]));
    }
    await this.flush().catch((error: unknown) => this.noteFault([error]));
  }

  private async lookAt(condition: Condition): Promise<void> {
    const { kind, subject, scope, ended, look } = condition;
    const findingId = findingIdOf(kind, subject);
    const found = await look();
    if (found === undefined) return;
    if (found) {
      this.seenWell.delete(condition);
      return this.recorder.note({ findingId, kind, subject, ...found, count: null });
    }
    const isOthers = scope === 'process' && this.seenWell.has(condition);
    if (!isOthers) this.recorder.noteEnd(findingId, ended);
    this.seenWell.add(condition);
  }

  /** What was recorded before has to be known, or all of it would be tried again. */
  private async untilKnown(): Promise<void> {
    while (!this.isOver && !this.parts.tail.hasCaughtUp) {
      this.options.onBeat();
      await this.parts.tail.caughtUpWithin(BEAT_MS);
    }
  }

  private restAfter(workedMs: number): Promise<void> {
    const restMs = (workedMs * (100 - this.options.sharePercent)) / this.options.sharePercent;
    return this.rest(Math.min(restMs, LONGEST_REST_MS));
  }

  private async rest(ms: number): Promise<void> {
    const until = this.now + ms;
    do {
      this.options.onBeat();
      await this.options.clock.idle(Math.min(BEAT_MS, until - this.now), this.abort.signal);
    } while (!this.isOver && this.now < until);
  }

  private get now(): number {
    return this.options.clock.monotonic();
  }

  private get isOver(): boolean {
    return this.abort.signal.aborted;
  }
}
