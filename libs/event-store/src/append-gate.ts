import type { Clock, Randomness } from '@uplift/runtime';
import { Backoff } from '@uplift/runtime';
import {
  AppendNotTriedError,
  EventStoreRefusedError,
  EventStoreUnavailableError,
} from './event-store.port';

/** Between two tries of a store that takes nothing; short enough for all to go on within seconds. */
const PAUSES = { firstMs: 500, longestMs: 2_000 };

/** Why nothing is taken, and since when, on the monotonic clock. */
interface AppendFailure {
  readonly since: number;
  readonly reason: string;
  /** The user lacks the right. */
  readonly isRefused: boolean;
}

interface AppendGatePorts {
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * Appends to a store that takes none, because its disk is full or it is away: one is tried now and then, all others are
 * refused at once. A real server whose disk is full ends at every append, so each try costs the readers too.
 */
export class AppendGate {
  private readonly backoff: Backoff;
  private failing: AppendFailure | undefined;
  private nextTryAt = 0;
  private isTrying = false;

  constructor(
    private readonly ports: AppendGatePorts,
    private readonly onFailure: () => void = () => undefined,
  ) {
    this.backoff = new Backoff(ports.randomness, PAUSES);
  }

  /** Undefined while all is well. */
  get failure(): AppendFailure | undefined {
    return this.failing;
  }

  /** Throws AppendNotTriedError. */
  async pass<T>(append: () => Promise<T>): Promise<T> {
    if (this.failing === undefined) return this.watched(append);
    if (this.isTrying || this.ports.clock.monotonic() < this.nextTryAt) {
      throw new AppendNotTriedError(`The event store takes no events: ${this.failing.reason}`);
    }
    this.isTrying = true;
    try {
      return await this.watched(append);
    } finally {
      this.isTrying = false;
    }
  }

  /** Any answer is one, also that the revision is another one. */
  private async watched<T>(append: () => Promise<T>): Promise<T> {
    try {
      const answer = await append();
      this.reopen();
      return answer;
    } catch (error) {
      if (error instanceof EventStoreUnavailableError) this.fail(error);
      else this.reopen();
      throw error;
    }
  }

  private reopen(): void {
    this.failing = undefined;
    this.backoff.reset();
  }

  /** Many that were under way together fail together: that is one failure. */
  private fail(error: EventStoreUnavailableError): void {
    const now = this.ports.clock.monotonic();
    const isNext = this.failing === undefined || this.isTrying;
    if (isNext) this.nextTryAt = now + this.backoff.next();
    const isRefused = error instanceof EventStoreRefusedError;
    this.failing = { since: this.failing?.since ?? now, reason: error.message, isRefused };
    this.onFailure();
  }
}
