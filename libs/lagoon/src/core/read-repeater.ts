import type { IBackoff } from 'cockatiel';
import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel';
import type { Clock } from './clock';
import { LagoonHeldBackError } from './core.errors';
import { isOutageError } from './outage';
import type { RetryBudget } from './retry-budget';

const MOST_REPEATS = 3;
const PAUSES = { initialDelay: 250, maxDelay: 4_000, generator: fullJitterGenerator };

interface Circumstances {
  readonly signal: AbortSignal;
  /** True: a repeat would be held back. */
  readonly isAway: () => boolean;
}

/** Repeats reads that found no Lagoon, up to three times with full jitter, within the budget. */
export class ReadRepeater {
  constructor(
    private readonly budget: RetryBudget,
    private readonly clock: Clock,
  ) {}

  async run<T>(read: () => Promise<T>, { signal, isAway }: Circumstances): Promise<T> {
    this.budget.noteCall();
    let pause: IBackoff<unknown> = new ExponentialBackoff(PAUSES).next();
    for (let repeats = 0; ; repeats += 1) {
      const outcome = await attempt(read);
      if ('value' in outcome) return outcome.value;
      const isPointless = repeats === MOST_REPEATS || signal.aborted || isAway();
      if (isPointless || !this.mayRepeat(outcome.error)) throw outcome.error;
      await this.clock.pause(pause.duration, signal).catch(() => undefined);
      if (signal.aborted) throw outcome.error;
      pause = pause.next(undefined);
    }
  }

  private mayRepeat(error: unknown): boolean {
    if (!isOutageError(error) || error instanceof LagoonHeldBackError) return false;
    return this.budget.take();
  }
}

async function attempt<T>(read: () => Promise<T>) {
  try {
    return { value: await read() };
  } catch (error) {
    return { error };
  }
}
