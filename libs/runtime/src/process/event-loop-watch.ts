/**
 * How long the event loop of a process has stood still, as seen from another thread. A process that was stopped, or a
 * machine that slept, takes time from both threads alike: between two looks no more counts than two pauses.
 */
export class EventLoopWatch {
  private seen = 0;
  private standsStillMs = 0;

  constructor(
    private readonly pauseMs: number,
    private lookedAt: number,
  ) {}

  /** @param turns how often the event loop has turned; @returns for how long, in ms, it has not */
  look(turns: number, now: number): number {
    const passed = Math.min(now - this.lookedAt, 2 * this.pauseMs);
    this.standsStillMs = turns === this.seen ? this.standsStillMs + passed : 0;
    this.lookedAt = now;
    this.seen = turns;
    return this.standsStillMs;
  }
}
