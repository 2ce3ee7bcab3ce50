import type { AllStreamRecordedEvent } from '@eventstore/db-client';
import type { StoredEvent } from '@uplift/contracts';
import { isForeign, isOurs } from '@uplift/contracts';
import { fromEsdbEvent } from './esdb.event-codec';
import { DEFAULT_MAX_BATCH } from './event-store.port';
import type { AllEventsBatch, SubscribeToAllOptions } from './event-store.port';

/** Events held for a reader that is slower than the store: some hundred behind, and the store throws it out. */
const MOST_EVENTS = 2_048;
/** The same in bytes: positions of the real store are byte offsets. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * What a live subscription may hold back before the server goes back to catching up, without a word before it is done:
 * some 64 events and 64 KiB. Half of it at once is too much to be sure.
 */
const BURST_EVENTS = 32;
const BURST_BYTES = 32n * 1024n;

/** The last event looked at. */
interface Place {
  readonly at: bigint | null;
  readonly id: string | undefined;
}

/**
 * What was received and not handed on yet. It also knows whether the reader has everything: the server says once, or
 * again after it fell back, that its end was reached, and that counts from the event on that was the last one then.
 */
export class TailBuffer {
  /** Events looked at so far. */
  received = 0;
  private readonly maxBatch: number;
  private readonly most: number;
  private events: StoredEvent[] = [];
  /** Since the last batch. */
  private foreign = 0;
  private last: Place;
  /** Number of the event that was the last one when the server said so. */
  private endCount = Infinity;
  /** Position that was the end of the store when this process had fallen behind, until it is reached. */
  private endPosition: bigint | undefined;
  /** Where it was last certain that nothing was missing. */
  private certain = { count: 0, at: 0n };
  private hasLagged = false;
  /** Events were passed over since the last batch. */
  private hasPassed = false;
  private announced = false;
  /** Positions then tell nothing of how much was sent. */
  private readonly isFiltered: boolean;
  private wake: (() => void) | undefined;
  private endGathering: (() => void) | undefined;

  constructor(options: SubscribeToAllOptions) {
    const { after, afterId, maxBatch = DEFAULT_MAX_BATCH, withoutTypes = [] } = options;
    this.isFiltered = withoutTypes.length > 0;
    this.maxBatch = maxBatch;
    this.most = Math.max(MOST_EVENTS, maxBatch);
    this.last = { at: after ?? null, id: afterId };
  }

  get place(): Place {
    return this.last;
  }

  get isFull(): boolean {
    const { events, last } = this;
    if (events.length >= this.most) return true;
    const first = events[0]?.position;
    return first !== undefined && last.at !== null && last.at - first > MOST_BYTES;
  }

  add(event: AllStreamRecordedEvent | undefined): void {
    this.received += 1;
    if (event) this.sort(event);
    if (this.received === this.endCount) this.beCertain();
    if (this.endPosition !== undefined) this.endAt(this.endPosition);
    if (this.events.length >= this.maxBatch) this.endGathering?.();
    this.arrived();
  }

  /** Waits for a whole batch, but not past the answer and not past `stopGathering`. */
  async gather(gather: SubscribeToAllOptions['gather']): Promise<void> {
    const { events, foreign, maxBatch } = this;
    if (events.length + foreign === 0 || events.length >= maxBatch) return;
    const enough = gather?.();
    if (!enough) return;
    const whole = new Promise<void>((resolve) => (this.endGathering = resolve));
    await Promise.race([enough, whole]);
    this.endGathering = undefined;
  }

  stopGathering(): void {
    this.endGathering?.();
  }

  /** The server has looked at everything up to here, and kept what came last to itself. */
  passOver(position: bigint): void {
    if (this.last.at !== null && position <= this.last.at) return;
    this.last = { at: position, id: undefined };
    this.hasPassed = true;
    if (this.endPosition !== undefined) this.endAt(this.endPosition);
    this.arrived();
  }

  /** The server has sent all there is; of that, so many events are still on their way through the client. */
  endAfter(underway: number): void {
    this.endCount = this.received + underway;
    if (underway === 0) this.beCertain();
    this.arrived();
  }

  /** Nothing is known of the end until it is reached again. */
  loseTouch(): void {
    this.hasLagged = false;
    this.endCount = Infinity;
    this.endPosition = undefined;
    this.arrived();
  }

  /** This process holds the server back: unless the server says so again, where the end is has to be asked. */
  lag(): void {
    if (this.received < this.endCount) return;
    this.loseTouch();
    this.hasLagged = true;
  }

  /** True once, when everything that was held is handed on after such a time. */
  takeLag(): boolean {
    const isOver = this.hasLagged && this.events.length === 0;
    if (isOver) this.hasLagged = false;
    return isOver;
  }

  /** Position of the end of the store, asked for after all that was held had been handed on. */
  endAt(position: bigint): void {
    const isReached = (this.last.at ?? 0n) >= position;
    this.endPosition = isReached ? undefined : position;
    if (isReached) this.endAfter(0);
  }

  /** The next batch, if there is anything to tell. */
  take(): AllEventsBatch | undefined {
    const isLast = this.events.length <= this.maxBatch;
    const caughtUp = isLast && this.isAtEnd();
    const isNews = this.events.length + this.foreign > 0 || this.hasPassed;
    if (!isNews && caughtUp === this.announced) return undefined;
    this.announced = caughtUp;
    return isLast ? this.takeAll(caughtUp) : this.takeSome();
  }

  nextArrival(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  /** Waits for the end of the turn, so that events of one network read share a batch. */
  arrived(): void {
    if (!this.wake) return;
    const { wake } = this;
    this.wake = undefined;
    setImmediate(wake);
  }

  /** False also when so much came at once that the server may have gone back to catching up. */
  private isAtEnd(): boolean {
    if (this.received < this.endCount) return false;
    const { count, at } = this.certain;
    const bytes = this.isFiltered ? 0n : (this.last.at ?? 0n) - at;
    if (this.received - count > BURST_EVENTS || bytes > BURST_BYTES) {
      this.lag();
      return false;
    }
    this.beCertain();
    return true;
  }

  private beCertain(): void {
    this.certain = { count: this.received, at: this.last.at ?? 0n };
  }

  private takeAll(caughtUp: boolean): AllEventsBatch {
    const { events, foreign } = this;
    this.events = [];
    this.foreign = 0;
    this.hasPassed = false;
    return { events, foreign, upTo: this.last.at, caughtUp };
  }

  private takeSome(): AllEventsBatch {
    const events = this.events.splice(0, this.maxBatch);
    return { events, foreign: 0, upTo: events.at(-1)?.position ?? null, caughtUp: false };
  }

  private sort(event: AllStreamRecordedEvent): void {
    const { streamId: stream, type, metadata, position } = event;
    if (isOurs({ stream, type, metadata })) {
      const stored = fromEsdbEvent(event, position.commit);
      this.events.push(stored);
      this.last = { at: position.commit, id: stored.id };
      return;
    }
    if (isForeign({ stream, type, metadata })) this.foreign += 1;
    this.last = { at: position.commit, id: undefined };
  }
}
