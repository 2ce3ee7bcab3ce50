import type { CancelTimer } from './clock';
import { Clock } from './clock';
import type { Randomness } from './randomness';

/** How much longer or shorter than asked for a pause is at most, as a part of it. */
const SPREAD = 1 / 8;

/** The same time, but for pauses: they are never quite equal, so that nobody keeps step with others. Timers are exact. */
export class JitterClock extends Clock {
  constructor(
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {
    super();
  }

  override wall(): number {
    return this.clock.wall();
  }

  override monotonic(): number {
    return this.clock.monotonic();
  }

  override after(ms: number, run: () => void): CancelTimer {
    return this.clock.after(ms, run);
  }

  override pause(ms: number, signal?: AbortSignal): Promise<void> {
    const spread = 1 + SPREAD * (2 * this.randomness.fraction() - 1);
    return this.clock.pause(ms * spread, signal);
  }
}
