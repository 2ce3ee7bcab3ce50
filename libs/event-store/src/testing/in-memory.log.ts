import type { StoredEvent } from '@uplift/contracts';
import type { StreamLoss, SubscribeToAllOptions } from '../event-store.port';

/** Positions have gaps, as the real store's have. */
export const POSITION_STEP = 100n;

interface BatchToGather {
  /** Number of its first event. */
  readonly from: number;
  readonly count: number;
  readonly isLive: () => boolean;
  readonly signal: AbortSignal | undefined;
}

/** All events in store order, and a way to wait for more. */
export class InMemoryLog {
  private readonly events: StoredEvent[] = [];
  private readonly sleepers = new Set<() => void>();

  get length(): number {
    return this.events.length;
  }

  at(index: number): StoredEvent | undefined {
    return this.events.at(index);
  }

  last(holds: (event: StoredEvent) => boolean): StoredEvent | undefined {
    return this.events.findLast(holds);
  }

  find(position: bigint): StoredEvent | undefined {
    const event = this.events[Number(position / POSITION_STEP) - 1];
    return event?.position === position ? event : undefined;
  }

  push(event: StoredEvent): void {
    this.events.push(event);
  }

  /** Takes away, and returns, what is behind the first `length` events. */
  cut(length: number): StoredEvent[] {
    return this.events.splice(length);
  }

  slice(from: number, count: number): readonly StoredEvent[] {
    return this.events.slice(from, from + count);
  }

  indexAfter(position: bigint): number {
    const index = this.events.findIndex((event) => event.position > position);
    return index < 0 ? this.events.length : index;
  }

  /** Resolves when `wake` is called, `signal` aborts or nobody waits any more. */
  more(isLive: () => boolean, signal?: AbortSignal): Promise<void> {
    if (!isLive()) return Promise.resolve();
    return new Promise((resolve) => {
      const awake = () => {
        this.sleepers.delete(awake);
        signal?.removeEventListener('abort', awake);
        resolve();
      };
      this.sleepers.add(awake);
      signal?.addEventListener('abort', awake);
    });
  }

  /** Waits while there is something to read but less than a whole batch, for as long as the answer to `gather` takes. */
  async gathered(
    { from, count, isLive, signal }: BatchToGather,
    gather: SubscribeToAllOptions['gather'],
  ): Promise<void> {
    const isPart = () => isLive() && this.length > from && this.length < from + count;
    const enough = isPart() ? gather?.() : undefined;
    let isEnough = enough === undefined;
    void enough?.then(() => (isEnough = true));
    while (!isEnough && isPart()) await Promise.race([enough, this.more(isLive, signal)]);
  }

  wake(): void {
    for (const awake of [...this.sleepers]) awake();
  }
}

/** What was done to a stream. */
export interface Loss {
  readonly how: StreamLoss;
  /** Of what is left of a truncated stream; undefined: its last event alone. */
  readonly first: number | undefined;
}

export function firstIn(metadata: unknown): number | undefined {
  const { $tb } = (metadata ?? {}) as { readonly $tb?: unknown };
  return $tb === undefined ? undefined : Number($tb);
}

export function firstLeft({ how, first }: Loss, { length }: readonly StoredEvent[]): number {
  return how === 'truncated' ? (first ?? length - 1) : Number.POSITIVE_INFINITY;
}
