import type { Clock } from '@uplift/runtime';
import { LagoonHeldBackError } from '../lagoon.outcomes';

export type RequestKind = 'read' | 'call';

interface Waiter {
  readonly go: () => void;
}

const SECOND_MS = 1000;
const LONGEST_QUEUE = 1000;

/**
 * Lets at most so many requests through in any second, in the order they came; calls, whose lease is short,
 * before reads. 0 per second is no limit.
 */
export class RequestLimiter {
  /** When the newest requests went, oldest first, at most as many as may go in a second. */
  private readonly gone: number[] = [];
  private readonly queues: Readonly<Record<RequestKind, Waiter[]>> = { call: [], read: [] };
  private isServing = false;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
    private readonly longestQueue = LONGEST_QUEUE,
  ) {}

  get waiting(): number {
    return this.queues.call.length + this.queues.read.length;
  }

  /** @throws LagoonHeldBackError when too many wait already, or as soon as `signal` aborts */
  async turn(kind: RequestKind, signal: AbortSignal): Promise<void> {
    if (this.perSecond === 0) return;
    if (this.waiting === 0 && this.pauseMs() === 0) return this.note();
    if (this.waiting >= this.longestQueue) {
      throw new LagoonHeldBackError('Too many requests wait for their turn');
    }
    await this.queued(kind, signal);
  }

  private queued(kind: RequestKind, signal: AbortSignal): Promise<void> {
    const queue = this.queues[kind];
    return new Promise((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(new LagoonHeldBackError('The call ended while it waited for its turn'));
      };
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiter = { go };
      queue.push(waiter);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      if (!this.isServing) void this.serve();
    });
  }

  private async serve(): Promise<void> {
    this.isServing = true;
    while (this.waiting > 0) {
      const pause = this.pauseMs();
      if (pause > 0) await this.clock.pause(pause);
      else this.letOneGo();
    }
    this.isServing = false;
  }

  private letOneGo(): void {
    const next = this.queues.call.shift() ?? this.queues.read.shift();
    this.note();
    next?.go();
  }

  private pauseMs(): number {
    const [oldest] = this.gone;
    if (oldest === undefined || this.gone.length < this.perSecond) return 0;
    return Math.max(0, oldest + SECOND_MS - this.clock.monotonic());
  }

  private note(): void {
    this.gone.push(this.clock.monotonic());
    if (this.gone.length > this.perSecond) this.gone.shift();
  }
}
