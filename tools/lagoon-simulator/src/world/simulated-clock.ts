const INSTANT = Infinity;

/** Milliseconds of simulated time: nothing ticks, it is computed when somebody looks. */
export class SimulatedClock {
  private readonly startedAt = Date.now();
  private readonly startedTicks = performance.now();
  private advancedMs = 0;

  constructor(readonly speed: number) {}

  /** True if everything that takes time is over at once. */
  get instant(): boolean {
    return this.speed === INSTANT;
  }

  now(): number {
    const elapsed = performance.now() - this.startedTicks;
    const factor = this.instant ? 1 : this.speed;
    return this.startedAt + elapsed * factor + this.advancedMs;
  }

  advance(seconds: number): void {
    this.advancedMs += seconds * 1000;
  }
}

/** Lagoon's own way to write a time: UTC, no zone, whole seconds. */
export function lagoonTime(ms: number | null): string | null {
  if (ms === null) return null;
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
