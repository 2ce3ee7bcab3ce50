import type { CancelTimer } from '@uplift/runtime';
import { Clock } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';

/** Time that passes as soon as nothing else is left to do: every pause is over at once, in the right order. */
export class FastClock extends VirtualClock {
  private isRunning = false;

  override after(ms: number, run: () => void) {
    const cancel = super.after(ms, run);
    void this.run();
    return cancel;
  }

  private async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    await this.advance(0);
    for (let at = this.nextAt; at !== undefined; at = this.nextAt) {
      await this.advance(at - this.monotonic());
      await this.advance(0);
    }
    this.isRunning = false;
  }
}

/** Another clock whose wall time is wrong. */
export class SkewedClock extends Clock {
  constructor(
    private readonly clock: Clock,
    private readonly skewMs: number,
  ) {
    super();
  }

  override wall(): number {
    return this.clock.wall() + this.skewMs;
  }

  override monotonic(): number {
    return this.clock.monotonic();
  }

  override after(ms: number, run: () => void): CancelTimer {
    return this.clock.after(ms, run);
  }
}
