import type { Appended, EventToAppend, StreamHead } from '../event-store.port';
import { EventStoreUnavailableError } from '../event-store.port';
import { InMemoryEventStore } from './in-memory.event-store';

/** `stored`: the append lands but nobody is told; `lost`: it does not land. */
type AppendFault = 'stored' | 'lost';

/** The twin, with appends of unknown outcome on demand, and a count of what was asked of it. */
export class FaultyEventStore extends InMemoryEventStore {
  readonly faults: AppendFault[] = [];
  /** Each runs before one of the next appends: somebody else is faster. */
  readonly rivals: (() => Promise<unknown>)[] = [];
  /** Each runs when one of the next appends has landed, before anybody is told. */
  readonly unanswered: (() => unknown)[] = [];
  /** Each runs when one of the next reads of a stream is answered, before the answer arrives. */
  readonly onAnswer: (() => unknown)[] = [];
  appends = 0;
  loads = 0;
  /** Reads of a stream's last event. */
  looks = 0;

  override async append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    this.appends += 1;
    await this.rivals.shift()?.();
    const fault = this.faults.shift();
    if (fault === 'lost') throw new EventStoreUnavailableError('no answer');
    const appended = await super.append(stream, after, events);
    await this.unanswered.shift()?.();
    if (fault === 'stored') throw new EventStoreUnavailableError('no answer');
    return appended;
  }

  override load(stream: string, fromRevision?: number, most?: number) {
    this.loads += 1;
    return this.answered(super.load(stream, fromRevision, most));
  }

  override loadLast(stream: string, count: number, upTo?: number) {
    this.loads += 1;
    return this.answered(super.loadLast(stream, count, upTo));
  }

  override lastOf(stream: string) {
    this.looks += 1;
    return this.answered(super.lastOf(stream));
  }

  private async answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const found = await answer;
    await this.onAnswer.shift()?.();
    return found;
  }
}
