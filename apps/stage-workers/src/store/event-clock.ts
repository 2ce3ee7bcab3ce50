import type { TailFold } from '@uplift/event-store';
import { foldOfValue } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';

/**
 * Time as the events tell it, in ms since 1970: the newest event's, and what has passed on a clock that never
 * jumps since it was seen. No wall clock of this machine takes part.
 */
export class EventClock {
  private newestAt = 0;
  private seenAt = 0;

  constructor(private readonly clock: Clock) {}

  observe(at: number): void {
    if (at <= this.newestAt) return;
    this.newestAt = at;
    this.seenAt = this.clock.monotonic();
  }

  /** For checkpoints. */
  fold(name: string): TailFold {
    const restore = (at: number | null) => {
      this.newestAt = 0;
      this.observe(at ?? 0);
    };
    return foldOfValue({ name, version: 1 }, () => this.newestAt, restore);
  }

  now(): number {
    return this.newestAt + Math.max(0, this.clock.monotonic() - this.seenAt);
  }
}

/** Clocks that differ more are not believed. */
const LARGEST_DIFFERENCE_MS = 60_000;
/** For so long after an event that came live the time it tells is taken for the store's, whatever clocks do. */
const PROVED_FOR_MS = 30_000;

/**
 * The store's time: that of the newest event that came live, and what has passed since on a clock that never jumps.
 * This machine's own clock tells no time here; it is held against the store's. All times in ms since 1970.
 */
export class StoreClock {
  private newestAt = 0;
  private live: { readonly at: number; readonly seenAt: number } | null = null;

  constructor(private readonly clock: Clock) {}

  /** For checkpoints: time goes on with events that come live, and with these alone. */
  readonly fold = foldOfValue(
    { name: 'store clock', version: 1 },
    () => this.newestAt,
    (at) => (this.newestAt = at ?? 0),
  );

  /** @param isLive true if the event was appended just now, so that its time is the store's */
  observe(at: number, isLive: boolean): void {
    this.newestAt = Math.max(this.newestAt, at);
    if (isLive) this.live = { at, seenAt: this.clock.monotonic() };
  }

  /** Null before a live event, and while the clocks disagree: what is late can then only be told by waiting. */
  now(): number | null {
    return this.isTrusted ? this.estimate : null;
  }

  get isTrusted(): boolean {
    return this.differenceMs <= LARGEST_DIFFERENCE_MS;
  }

  /** Whether the store was heard just now. */
  get isProved(): boolean {
    const age = this.clock.monotonic() - (this.live?.seenAt ?? Number.NEGATIVE_INFINITY);
    return age < PROVED_FOR_MS;
  }

  /** By how much the own clock and the store's differ as far as events tell, in ms. */
  get differenceMs(): number {
    const wall = this.clock.wall();
    const { estimate } = this;
    return estimate === null ? Math.max(0, this.newestAt - wall) : Math.abs(wall - estimate);
  }

  private get estimate(): number | null {
    const { live } = this;
    return live && live.at + this.clock.monotonic() - live.seenAt;
  }
}
