import type { Randomness } from '@uplift/runtime';
import type { WatchPace } from './deployment-watcher';

export interface PollIntervals {
  /** Pause between two looks at a young build, in ms. */
  readonly pollEarlyIntervalMs: number;
  /** Age up to which a build counts as young, in ms. */
  readonly pollEarlyForMs: number;
  readonly pollIntervalMs: number;
  /** Pause between two looks at a build that waits its turn, in ms. */
  readonly pollQueuedIntervalMs: number;
}

const LONGEST_BACKOFF_MS = 300_000;
const MOST_DOUBLINGS = 10;
const JITTER = 0.12;

/**
 * When to look at what. Looks happen at the ticks of a core, which all its watches share, so that requests
 * are full; the jitter is the tick's.
 */
export class PollCadence {
  /** From one tick to the next, in ms. */
  readonly tickMs: number;

  constructor(
    private readonly intervals: PollIntervals,
    private readonly randomness: Randomness,
  ) {
    const { pollEarlyIntervalMs, pollIntervalMs } = intervals;
    this.tickMs = Math.max(1, Math.min(pollEarlyIntervalMs, pollIntervalMs));
  }

  /** Ticks come less often while requests fail. */
  pauseMs(failures: number): number {
    return doubled(this.tickMs, failures) * (1 - JITTER + 2 * JITTER * this.randomness.fraction());
  }

  /** From one look at a build of this age to the next. */
  intervalMs(ageMs: number, pace: WatchPace): number {
    const { pollEarlyForMs, pollIntervalMs, pollQueuedIntervalMs } = this.intervals;
    if (ageMs < pollEarlyForMs) return this.tickMs;
    return pace === 'queued' ? Math.max(pollIntervalMs, pollQueuedIntervalMs) : pollIntervalMs;
  }

  /** From a look that failed for the nth time in a row to the next. */
  retryMs(failures: number): number {
    return doubled(this.tickMs, failures);
  }

  /** A look belongs to the tick that is nearest to it. */
  isDue(dueAt: number, now: number): boolean {
    return dueAt <= now + this.tickMs / 2;
  }

  /** True if the next tick is the nearest. */
  isSoon(dueAt: number, now: number): boolean {
    return dueAt <= now + 1.5 * this.tickMs;
  }
}

function doubled(ms: number, failures: number): number {
  return Math.min(ms * 2 ** Math.min(failures, MOST_DOUBLINGS), Math.max(LONGEST_BACKOFF_MS, ms));
}
