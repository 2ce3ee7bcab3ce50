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

  now(): number {
    return this.newestAt + Math.max(0, this.clock.monotonic() - this.seenAt);
  }
}

/** Clocks that differ more are not believed. */
const LARGEST_DIFFERENCE_MS = 60_000;

/** Compares this machine's clock with the store's, as events tell it. All times in ms since 1970. */
export class StoreClock {
  private newestAt = 0;
  /** Own clock minus store clock when the last live event arrived. */
  private liveDifference = 0;

  constructor(private readonly clock: Clock) {}

  /** @param isLive true if the event was appended just now, so that its time can be compared */
  observe(at: number, isLive: boolean): void {
    this.newestAt = Math.max(this.newestAt, at);
    if (isLive) this.liveDifference = this.clock.wall() - at;
  }

  /** Null as long as the clocks disagree: what is late can then only be told by waiting. */
  now(): number | null {
    return this.differenceMs > LARGEST_DIFFERENCE_MS ? null : this.clock.wall();
  }

  /** By how much the clocks differ as far as events tell, in ms. */
  get differenceMs(): number {
    const behind = this.newestAt - this.clock.wall();
    return Math.max(Math.abs(this.liveDifference), behind, 0);
  }
}
