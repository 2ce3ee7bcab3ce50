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

/**
 * Look-ups that come while another one is under way go out together. The first goes out at once, and so does
 * a full request.
 */
export class BatchedEnvironments {
  private collected: Waiter[] = [];
  private underWay = 0;

  constructor(private readonly request: EnvironmentsRequest) {}

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
      if (this.isTimeToGo) void this.send();
    });
  }

  private get isTimeToGo(): boolean {
    return this.underWay === 0 || this.collected.length >= ENVIRONMENTS_PER_REQUEST;
  }

  private async send(): Promise<void> {
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
    if (this.collected.length > 0 && this.isTimeToGo) void this.send();
  }
}

function settle({ answer, fail }: Waiter, environment: EnvironmentAnswer): void {
  if (environment !== undefined) return answer(environment);
  fail(new LagoonUnavailableError('Lagoon gave no answer for this environment'));
}
