/** Longest wait for the event of somebody who was let in, in ms. */
const LANDING_MS = 30_000;

interface Waiter {
  readonly enter: () => void;
}

/**
 * Those who want in at one core, first come first served. The next is let in only when the event of the one before
 * has been seen: so a process is never more than one ahead of what the store tells it.
 */
export class CoreQueue {
  private readonly waiters: Waiter[] = [];
  private landingUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly monotonic: () => number) {}

  get length(): number {
    return this.waiters.length;
  }

  join(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiters.push(waiter);
    });
  }

  /** Whether the first may be let in if the core has room. */
  get isWaiting(): boolean {
    return this.waiters.length > 0 && this.monotonic() >= this.landingUntil;
  }

  admitFirst(): void {
    const first = this.waiters.shift();
    if (first === undefined) return;
    this.landingUntil = this.monotonic() + LANDING_MS;
    first.enter();
  }

  /** Whoever was let in has been seen, or will not come. */
  landed(): void {
    this.landingUntil = Number.NEGATIVE_INFINITY;
  }
}
