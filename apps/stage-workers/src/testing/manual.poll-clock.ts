import { setImmediate as turn } from 'node:timers/promises';
import type { PollClock } from '../poller/poll-clock';

interface Alarm {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes only when a spec says so. */
export class ManualPollClock implements PollClock {
  private readonly startedAt = Date.now();
  private readonly alarms = new Set<Alarm>();
  private time = 0;

  monotonic(): number {
    return this.time;
  }

  wall(): number {
    return this.startedAt + this.time;
  }

  after(ms: number, run: () => void): () => void {
    const alarm = { at: this.time + ms, run };
    this.alarms.add(alarm);
    return () => void this.alarms.delete(alarm);
  }

  /** Lets `ms` pass: everything due runs in order, and what it starts has the time to end. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await turn();
    for (let next = this.nextBefore(end); next !== undefined; next = this.nextBefore(end)) {
      this.time = Math.max(this.time, next.at);
      this.alarms.delete(next);
      next.run();
      await turn();
    }
    this.time = end;
  }

  private nextBefore(end: number): Alarm | undefined {
    let earliest: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (alarm.at <= end && (earliest === undefined || alarm.at < earliest.at)) earliest = alarm;
    }
    return earliest;
  }
}
