import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { loadOrEmpty } from '@uplift/event-store';

export interface ReplayRange {
  readonly instanceId?: string;
  /** Exclusive. */
  readonly after: bigint;
  /** Inclusive. */
  readonly until: bigint;
}

const MOST_REPLAYED = 10_000;

/** Events a client missed, from the store. */
export class EventReplay {
  constructor(
    private readonly store: EventStore,
    private readonly most = MOST_REPLAYED,
  ) {}

  /** In store order; ends with `too-far` when there are more than a client should be sent. */
  read(range: ReplayRange, signal: AbortSignal): AsyncGenerator<StoredEvent | 'too-far'> {
    const { instanceId } = range;
    return instanceId === undefined ? this.all(range, signal) : this.one(range, instanceId);
  }

  private async *one({ after, until }: ReplayRange, instanceId: string) {
    const events = await loadOrEmpty(this.store, instanceStream(instanceId));
    yield* events.filter(({ position }) => position > after && position <= until);
  }

  private async *all(
    { after, until }: ReplayRange,
    signal: AbortSignal,
  ): AsyncGenerator<StoredEvent | 'too-far'> {
    let count = 0;
    for await (const { events, caughtUp } of this.store.subscribeToAll({ after, signal })) {
      const due = events.filter(({ position }) => position <= until);
      count += due.length;
      if (count > this.most) {
        yield 'too-far';
        return;
      }
      yield* due;
      const last = events.at(-1);
      if (caughtUp || (last && last.position >= until)) return;
    }
  }
}
