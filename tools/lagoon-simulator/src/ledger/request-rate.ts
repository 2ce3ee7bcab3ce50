const SECONDS_KEPT = 3600;
/** Of a time such as `2026-01-31T12:00:00.123Z`. */
const SECOND_LENGTH = 19;

/** How many requests came within each second of real time. */
export class RequestRate {
  /** The most of any second, also of those no longer kept. */
  busiest = 0;
  private readonly seconds = new Map<string, number>();

  /** `at`: an ISO time. */
  count(at: string): void {
    const second = at.slice(0, SECOND_LENGTH);
    const requests = (this.seconds.get(second) ?? 0) + 1;
    this.seconds.set(second, requests);
    this.busiest = Math.max(this.busiest, requests);
    if (this.seconds.size > SECONDS_KEPT) this.forgetOldest();
  }

  bySecond(): Record<string, number> {
    return Object.fromEntries(this.seconds);
  }

  clear(): void {
    this.busiest = 0;
    this.seconds.clear();
  }

  private forgetOldest(): void {
    for (const oldest of this.seconds.keys()) {
      this.seconds.delete(oldest);
      return;
    }
  }
}
