import { Clock, type CancelTimer } from '../time/clock';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is moved. Timers run in the order of their times, equal ones in the order set. */
export class VirtualClock extends Clock {
  private elapsed = 0;
  private readonly timers = new Set<Timer>();

  /** `startsAt`: milliseconds since 1970. */
  constructor(private startsAt = Date.UTC(2026, 0, 1)) {
    super();
  }

  override wall(): number {
    return this.startsAt + this.elapsed;
  }

  override monotonic(): number {
    return this.elapsed;
  }

  override after(ms: number, run: () => void): CancelTimer {
    const timer = { at: this.elapsed + Math.max(0, ms), run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** When the next timer is due, in milliseconds of `monotonic`; undefined if none is set. */
  get nextAt(): number | undefined {
    return this.earliest()?.at;
  }

  /** The wall clock jumps, and no timer notices. */
  jump(ms: number): void {
    this.startsAt += ms;
  }

  /** Time passes and no timer runs, as in a process that is stopped; what fell due runs with the next advance. */
  standStill(ms: number): void {
    this.elapsed += ms;
  }

  /** Moves on and runs what falls due, with all that follows from it within the same turns of the event loop. */
  async advance(ms: number): Promise<void> {
    const end = this.elapsed + ms;
    await settled();
    for (let timer = this.earliest(); timer && timer.at <= end; timer = this.earliest()) {
      this.elapsed = Math.max(this.elapsed, timer.at);
      this.timers.delete(timer);
      timer.run();
      await settled();
    }
    this.elapsed = end;
  }

  private earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) if (!first || timer.at < first.at) first = timer;
    return first;
  }
}

/** Everything that needs no timer has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
