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

/** Another clock whose wall time is wrong, or that goes too fast or too slow. */
export class SkewedClock extends Clock {
  private readonly begunAt: number;

  constructor(
    private readonly clock: Clock,
    public skewMs: number,
    /** Of the time that passes, how much it shows. */
    private readonly pace = 1,
  ) {
    super();
    this.begunAt = clock.monotonic();
  }

  override wall(): number {
    return this.clock.wall() + this.skewMs + this.passed * (this.pace - 1);
  }

  override monotonic(): number {
    return this.begunAt + this.passed * this.pace;
  }

  private get passed(): number {
    return this.clock.monotonic() - this.begunAt;
  }

  override after(ms: number, run: () => void): CancelTimer {
    return this.clock.after(ms, run);
  }
}
