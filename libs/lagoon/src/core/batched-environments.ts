import type { Clock } from '@uplift/runtime';
import { LagoonUnavailableError } from '../lagoon.outcomes';
import { ENVIRONMENTS_PER_REQUEST } from '../lagoon.requests';
import type { EnvironmentTarget, LagoonEnvironment } from '../lagoon.types';

/** Undefined: no usable answer for this one. */
export type EnvironmentAnswer = LagoonEnvironment | null | undefined;

export type EnvironmentsRequest = (
  targets: readonly EnvironmentTarget[],
) => Promise<readonly EnvironmentAnswer[]>;

interface Waiter {
  readonly target: EnvironmentTarget;
  readonly answer: (environment: LagoonEnvironment | null) => void;
  readonly fail: (error: unknown) => void;
}

/** Requests go out at least this far apart, in ms. */
const APART_MS = 20;
/** How long a look-up waits for others if the last request carried several, in ms: they came in a burst, as they do. */
const BURST_MS = 200;

/**
 * Look-ups that come while another one is under way, shortly after it was sent, or in bursts go out together. One alone
 * after a quiet time goes out at once, and so does a full request.
 */
export class BatchedEnvironments {
  private collected: Waiter[] = [];
  private underWay = 0;
  /** Look-ups in the last request. */
  private lastSize = 0;
  /** Monotonic time. */
  private lastAt = Number.NEGATIVE_INFINITY;
  private isTimed = false;

  constructor(
    private readonly request: EnvironmentsRequest,
    private readonly clock: Clock,
  ) {}

  find(target: EnvironmentTarget, signal?: AbortSignal): Promise<LagoonEnvironment | null> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.collected = this.collected.filter((other) => other !== waiter);
        reject(new LagoonUnavailableError('The look-up was given up'));
      };
      const waiter: Waiter = {
        target,
        answer: (environment) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(environment);
        },
        fail: (error) => {
          signal?.removeEventListener('abort', giveUp);
          reject(error instanceof Error ? error : new LagoonUnavailableError('The look-up failed'));
        },
      };
      if (signal?.aborted === true) return giveUp();
      signal?.addEventListener('abort', giveUp, { once: true });
      this.collected.push(waiter);
      this.sendIfDue();
    });
  }

  private sendIfDue(): void {
    if (this.collected.length >= ENVIRONMENTS_PER_REQUEST) void this.send();
    else if (this.collected.length > 0 && this.underWay === 0) this.sendInTime();
  }

  private sendInTime(): void {
    if (this.isTimed) return;
    const waitMs = this.lastSize > 1 ? BURST_MS : this.lastAt + APART_MS - this.clock.monotonic();
    if (waitMs <= 0) {
      void this.send();
      return;
    }
    this.isTimed = true;
    this.clock.after(waitMs, () => {
      this.isTimed = false;
      if (this.collected.length > 0 && this.underWay === 0) void this.send();
    });
  }

  private async send(): Promise<void> {
    const waiters = this.collected.splice(0, ENVIRONMENTS_PER_REQUEST);
    this.lastSize = waiters.length;
    this.lastAt = this.clock.monotonic();
    this.underWay += 1;
    try {
      const answers = await this.request(waiters.map(({ target }) => target));
      waiters.forEach((waiter, n) => settle(waiter, answers[n]));
    } catch (error) {
      waiters.forEach(({ fail }) => fail(error));
    } finally {
      this.underWay -= 1;
    }
    this.sendIfDue();
  }
}

function settle({ answer, fail }: Waiter, environment: EnvironmentAnswer): void {
  if (environment !== undefined) return answer(environment);
  fail(new LagoonUnavailableError('Lagoon gave no answer for this environment'));
}
