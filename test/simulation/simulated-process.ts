import type { CancelTimer } from '@uplift/runtime';
import { Clock } from '@uplift/runtime';
import type { Scheduler } from './scheduler';

/** What a run begins at, milliseconds since 1970. */
export const START = Date.UTC(2026, 0, 1);

/** A clock of one machine: it may be wrong by any time, and be put right or wrong while it runs. */
export class MachineClock extends Clock {
  /** By how much the wall clock is wrong, in milliseconds. */
  skewMs = 0;

  constructor(
    private readonly scheduler: Scheduler,
    /** Where there is none, it is the clock of a server: what its timers do is done at once. */
    private readonly enter?: (run: () => void) => void,
  ) {
    super();
  }

  override wall(): number {
    return START + this.scheduler.now + this.skewMs;
  }

  override monotonic(): number {
    return this.scheduler.now;
  }

  override after(ms: number, run: () => void): CancelTimer {
    const { enter } = this;
    if (enter === undefined) return this.scheduler.after(ms, run, true);
    return this.scheduler.after(ms, () => enter(run));
  }
}

/**
 * One process as its surroundings see it. Everything that reaches it (a timer, an answer, a message) comes in through
 * `enter`: a frozen process gets it when it is woken, a dead one never.
 */
export class SimulatedProcess {
  readonly clock: MachineClock;
  private readonly dying = new AbortController();
  private backlog: (() => void)[] | undefined;

  constructor(
    readonly name: string,
    scheduler: Scheduler,
  ) {
    this.clock = new MachineClock(scheduler, (run) => this.enter(run));
  }

  get isDead(): boolean {
    return this.dying.signal.aborted;
  }

  get isFrozen(): boolean {
    return this.backlog !== undefined;
  }

  /** Aborts with the process. */
  get life(): AbortSignal {
    return this.dying.signal;
  }

  readonly enter = (run: () => void): void => {
    if (this.isDead) return;
    if (this.backlog) this.backlog.push(run);
    else run();
  };

  freeze(): void {
    this.backlog ??= [];
  }

  wake(): void {
    const missed = this.backlog ?? [];
    this.backlog = undefined;
    for (const run of missed) this.enter(run);
  }

  kill(): void {
    this.dying.abort();
    this.backlog = undefined;
  }
}
