import type { Randomness } from './randomness';

export interface BackoffOptions {
  /** Length of the first full pause in milliseconds, default 100. */
  readonly firstMs?: number;
  /** Full pauses grow no longer than this, in milliseconds, default 5,000. */
  readonly longestMs?: number;
}

/** Pauses between tries: doubling up to a limit, half of each by chance. */
export class Backoff {
  private tries = 0;

  constructor(
    private readonly randomness: Randomness,
    private readonly options: BackoffOptions = {},
  ) {}

  /** Length of the next pause in milliseconds. */
  next(): number {
    const { firstMs = 100, longestMs = 5_000 } = this.options;
    const full = Math.min(longestMs, firstMs * 2 ** Math.min(this.tries, 20));
    this.tries += 1;
    return full / 2 + (full / 2) * this.randomness.fraction();
  }

  reset(): void {
    this.tries = 0;
  }
}
