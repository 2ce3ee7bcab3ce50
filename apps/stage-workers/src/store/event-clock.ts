/**
 * Time as the events tell it, in ms since 1970: the newest event's, and what has passed on a clock that never
 * jumps since it was seen. No wall clock of this machine takes part.
 */
export class EventClock {
  private newestAt = 0;
  private seenAt = 0;

  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  observe(at: number): void {
    if (at <= this.newestAt) return;
    this.newestAt = at;
    this.seenAt = this.monotonic();
  }

  now(): number {
    return this.newestAt + Math.max(0, this.monotonic() - this.seenAt);
  }
}
