import type { Appended, EventToAppend, StreamHead } from '@uplift/event-store';
import { EventStoreUnavailableError } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';

/** `stored`: the append lands but nobody is told; `lost`: it does not land. */
export type AppendFault = 'stored' | 'lost';

/** The twin, with appends of unknown outcome on demand, and a count of what was asked of it. */
export class FaultyEventStore extends InMemoryEventStore {
  readonly faults: AppendFault[] = [];
  /** Runs before the next append: somebody else is faster. */
  beforeNextAppend: (() => Promise<unknown>) | null = null;
  loads = 0;

  override async append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    const rush = this.beforeNextAppend;
    this.beforeNextAppend = null;
    await rush?.();
    const fault = this.faults.shift();
    if (fault === 'lost') throw new EventStoreUnavailableError('no answer');
    const appended = await super.append(stream, after, events);
    if (fault === 'stored') throw new EventStoreUnavailableError('no answer');
    return appended;
  }

  override load(stream: string, fromRevision?: number) {
    this.loads += 1;
    return super.load(stream, fromRevision);
  }
}
