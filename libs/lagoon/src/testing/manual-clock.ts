import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../core/clock';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes only when a spec says so. */
export class ManualClock implements Clock {
  /** How far the wall clock is off. */
  wallOffset = 1_700_000_000_000;
  private time = 0;
  private sleepers: Sleeper[] = [];

  monotonic(): number {
    return this.time;
  }

  wall(): number {
    return this.time + this.wallOffset;
  }

  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { at: this.time + ms, wake: resolve };
      this.sleepers.push(sleeper);
      const give = () => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper);
        reject(new Error('the pause was ended'));
      };
      if (signal?.aborted === true) give();
      signal?.addEventListener('abort', give, { once: true });
    });
  }

  /** Lets `ms` pass, waking everybody in order and giving each the time to go on. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await turn();
    for (let next = this.nextBefore(end); next !== undefined; next = this.nextBefore(end)) {
      this.time = Math.max(this.time, next.at);
      this.sleepers = this.sleepers.filter((other) => other !== next);
      next.wake();
      await turn();
    }
    this.time = end;
    await turn();
  }

  private nextBefore(end: number): Sleeper | undefined {
    const due = this.sleepers.filter(({ at }) => at <= end);
    return due.sort((one, other) => one.at - other.at)[0];
  }
}
