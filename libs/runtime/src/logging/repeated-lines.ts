import type { Clock } from '../time/clock';

const EVERY_MS = 60_000;

/** A log stays readable while something fails again and again: each kind of line once a minute. */
export class RepeatedLines {
  private readonly toldAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Whether a line of this kind, of which there are few, was not written within the last minute. */
  isDue(kind: string): boolean {
    const now = this.clock.monotonic();
    const last = this.toldAt.get(kind);
    if (last !== undefined && now - last < EVERY_MS) return false;
    this.toldAt.set(kind, now);
    return true;
  }
}
