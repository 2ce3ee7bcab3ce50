import { setTimeout as wait } from 'node:timers/promises';

/** Time as a core sees it. */
export interface Clock {
  /** Milliseconds since some moment; never jumps. */
  monotonic(): number;

  /** Milliseconds since 1970, for people; may jump. */
  wall(): number;

  /** Rejects as soon as `signal` aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  pause: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};
