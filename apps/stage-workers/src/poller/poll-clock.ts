/** Time as the poller sees it. */
export interface PollClock {
  /** Milliseconds since some moment; never jumps. */
  monotonic(): number;

  /** Milliseconds since 1970; may jump. */
  wall(): number;

  /** Returns the function that calls it off. */
  after(ms: number, run: () => void): () => void;
}

export const systemPollClock: PollClock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
