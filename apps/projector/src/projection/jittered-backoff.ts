const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** Pauses between tries: doubling, never longer than five seconds, half of each by chance. */
export class JitteredBackoff {
  private tries = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** Length of the next pause in milliseconds. */
  next(): number {
    const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.tries, 10));
    this.tries += 1;
    return full / 2 + (full / 2) * this.random();
  }

  reset(): void {
    this.tries = 0;
  }
}
