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

/** Under load look-ups go out this far apart, in ms: each then carries what has come meanwhile. */
const APART_MS = 50;

/**
 * Look-ups that come while another one is under way, or shortly after it was sent, go out together. The first after a
 * quiet time goes out at once, and so does a full request.
 */
export class BatchedEnvironments {
  private collected: Waiter[] = [];
  private underWay = 0;
  /** Monotonic time. */
  private nextAt = Number.NEGATIVE_INFINITY;
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
    const waitMs = this.nextAt - this.clock.monotonic();
    if (waitMs <= 0) {
      void this.send();
    } else if (!this.isTimed) {
      this.isTimed = true;
      this.clock.after(waitMs, () => {
        this.isTimed = false;
        this.sendIfDue();
      });
    }
  }

  private async send(): Promise<void> {
    this.nextAt = this.clock.monotonic() + APART_MS;
    const waiters = this.collected.splice(0, ENVIRONMENTS_PER_REQUEST);
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
