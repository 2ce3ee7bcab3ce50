/** Calls a timer off; does nothing once it has run. */
export type CancelTimer = () => void;

/** Time and timers. Nothing but its adapters reads a clock or sets a timer, so that a run can be repeated. */
export abstract class Clock {
  /** Milliseconds since 1970; may jump. */
  abstract wall(): number;

  /** Milliseconds since some moment; never jumps. */
  abstract monotonic(): number;

  /** Runs once, `ms` milliseconds from now or as soon as possible for less than one. */
  abstract after(ms: number, run: () => void): CancelTimer;

  /** Runs again and again, `ms` milliseconds after each run, until it is called off. */
  every(ms: number, run: () => void): CancelTimer {
    const again = () => {
      cancel = this.after(ms, again);
      run();
    };
    let cancel = this.after(ms, again);
    return () => cancel();
  }

  /** Waits; rejects with the signal's reason as soon as it aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(reasonOf(signal));
      const abort = () => {
        cancel();
        if (signal) reject(reasonOf(signal));
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Waits, but not past the signal, and never rejects: for loops that look at the signal themselves. */
  idle(ms: number, signal?: AbortSignal): Promise<void> {
    return this.pause(ms, signal).catch(() => undefined);
  }
}

/** The clock and the timers of this machine. */
class SystemClock extends Clock {
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

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new Error('aborted', { cause: signal.reason });
}
