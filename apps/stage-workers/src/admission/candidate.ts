import type { Evidence, WorkOrder } from '@uplift/domain';

/** Why an attempt does not begin yet, as it is told. Times are in ms since 1970. */
export interface Hold {
  readonly target: string;
  readonly since: number;
  readonly place?: number;
  readonly estimatedAt?: number | null;
  readonly evidence?: Evidence;
}

/**
 * `over`: it waits there no more, as far as events tell; `held`: it waits for something that it was not told of;
 * `look`: it has waited for long, and something else may have become of it.
 */
export type Decision =
  | { readonly kind: 'admitted' | 'over' | 'expired' | 'look' }
  | { readonly kind: 'held'; readonly hold: Hold };

/** An attempt that is about to begin. */
export interface Entrant {
  readonly instanceId: string;
  readonly order: WorkOrder;
  /** Time of the event that opened it, in ms since 1970. */
  readonly openedAt: number;
  /** Whether that is the time of this machine, and not the store's. */
  readonly isOfOwnTime?: boolean;
  /** False if it was admitted before: then only a switch can hold it. */
  readonly needsRoom: boolean;
}

/** An attempt that waits until it is let in: it asks, and is answered once, then asks again. */
export class Candidate {
  /** What the instance was told that it waits for. */
  told: string | null = null;
  /** Null while it is not asking. */
  private decide: ((decision: Decision) => void) | null = null;

  constructor(
    readonly entrant: Entrant,
    /** Monotonic time since when it waits, or was last looked after. */
    public since: number,
  ) {}

  get instanceId(): string {
    return this.entrant.instanceId;
  }

  get isAsking(): boolean {
    return this.decide !== null;
  }

  /** @param told what the instance was told that it waits for */
  ask(told: string | null, signal: AbortSignal): Promise<Decision> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.decide = null;
        reject(signal.reason as Error);
      };
      if (signal.aborted) return abort();
      this.told = told;
      this.decide = (decision) => {
        this.decide = null;
        signal.removeEventListener('abort', abort);
        resolve(decision);
      };
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Does nothing if it is not asking. */
  answer(decision: Decision): void {
    this.decide?.(decision);
  }

  /** It has no time left to begin. `now`: as events tell it, in ms since 1970. */
  isLate(now: number): boolean {
    const { needsRoom, order } = this.entrant;
    const { startBy } = order;
    const mayExpire = needsRoom && order.attempt === 1;
    return mayExpire && startBy !== undefined && Date.parse(startBy) <= now;
  }
}
