import type { Clock, Randomness } from '@uplift/runtime';
import { LagoonHeldBackError } from '../lagoon.outcomes';
import { isOutageError } from './circuit-breaker';

interface Window {
  readonly number: number;
  calls: number;
  repeats: number;
}

const WINDOW_MS = 10_000;
const WINDOWS = 6;

/** Repeats may be a share of the calls of the last minute, and one in any ten seconds. 0 percent allows none. */
export class RetryBudget {
  private windows: Window[] = [];

  constructor(
    private readonly percent: number,
    private readonly clock: Clock,
  ) {}

  noteCall(): void {
    this.current().calls += 1;
  }

  /** True: one repeat is allowed, and is counted. */
  take(): boolean {
    const current = this.current();
    if (!this.allows(current)) return false;
    current.repeats += 1;
    return true;
  }

  private allows(current: Window): boolean {
    if (this.percent === 0) return false;
    if (current.repeats === 0) return true;
    const calls = this.windows.reduce((sum, window) => sum + window.calls, 0);
    const repeats = this.windows.reduce((sum, window) => sum + window.repeats, 0);
    return (repeats + 1) * 100 <= calls * this.percent;
  }

  private current(): Window {
    const number = Math.floor(this.clock.monotonic() / WINDOW_MS);
    const newest = this.windows.at(-1);
    if (newest?.number === number) return newest;
    const opened = { number, calls: 0, repeats: 0 };
    this.windows = [...this.windows, opened].filter((window) => window.number > number - WINDOWS);
    return opened;
  }
}

const MOST_REPEATS = 3;
const FIRST_PAUSE_MS = 250;

interface RetriesOptions {
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** True: a repeat would be held back. */
  readonly isAway: () => boolean;
}

/** Repeats reads that found no Lagoon, up to three times with full jitter, within the budget. */
export class ReadRetries {
  constructor(private readonly options: RetriesOptions) {}

  async run<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.options.budget.noteCall();
    return this.attempt(read, signal, 0);
  }

  private async attempt<T>(
    read: () => Promise<T>,
    signal: AbortSignal,
    repeats: number,
  ): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(await this.waitsFor(repeats, error, signal))) throw error;
    }
    return this.attempt(read, signal, repeats + 1);
  }

  /** True once the time for another try has come; false if there is none. */
  private async waitsFor(repeats: number, error: unknown, signal: AbortSignal): Promise<boolean> {
    const { budget, clock, randomness, isAway } = this.options;
    if (repeats === MOST_REPEATS || signal.aborted || isAway()) return false;
    if (!isOutageError(error) || error instanceof LagoonHeldBackError) return false;
    if (!budget.take()) return false;
    await clock.idle(randomness.fraction() * FIRST_PAUSE_MS * 2 ** repeats, signal);
    return !signal.aborted;
  }
}
