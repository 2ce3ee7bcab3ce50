import { Clock, type CancelTimer } from './clock.port';

/** The clock and the timers of this machine. */
export class SystemClock extends Clock {
  override wall(): number {
    return Date.now();
  }

  override monotonic(): number {
    return performance.now();
  }

  override after(ms: number, run: () => void): CancelTimer {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
}

export const systemClock: Clock = new SystemClock();
