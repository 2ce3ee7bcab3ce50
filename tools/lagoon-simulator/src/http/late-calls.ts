/** Calls whose caller has gone, and that take place all the same, later. */
export class LateCalls {
  private readonly timers = new Set<NodeJS.Timeout>();

  /** `ms`: real milliseconds from now. */
  after(ms: number, takePlace: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      takePlace();
    }, ms);
    this.timers.add(timer);
  }

  /** Those still to come never take place. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
