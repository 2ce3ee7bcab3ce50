import type { Waits } from '../waits';

interface Timer {
  readonly ms: number;
  readonly call: () => void;
}

/** Time that goes by when a test says so. */
export class ManualWaits implements Waits {
  private readonly timers = new Set<Timer>();
  /** How long each was waited for, in the order in which a test let it pass. */
  readonly passed: number[] = [];

  after(ms: number, call: () => void): () => void {
    const timer = { ms, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  random(): number {
    return 1;
  }

  key(): string {
    return 'a-random-key';
  }

  get waiting(): number {
    return this.timers.size;
  }

  /** Whoever waits for the shortest time has waited. */
  passShortest(): void {
    this.end([...this.timers].sort((a, b) => a.ms - b.ms)[0]);
  }

  /** Whoever waits for the longest time has waited. */
  passLongest(): void {
    this.end([...this.timers].sort((a, b) => b.ms - a.ms)[0]);
  }

  private end(timer: Timer | undefined): void {
    if (timer === undefined) throw new Error('Nobody waits');
    this.timers.delete(timer);
    this.passed.push(timer.ms);
    timer.call();
  }
}

/** Pauses before a repeat are over at once, and no limit is ever reached. */
export class NoPauses extends ManualWaits {
  override after(ms: number, call: () => void): () => void {
    if (ms > 5_000) return super.after(ms, call);
    const immediate = setImmediate(call);
    return () => clearImmediate(immediate);
  }
}
