import type { StoredEvent } from '@uplift/contracts';
import { categoryOf } from '@uplift/contracts';
import type { Clock } from '@uplift/runtime';
import { EventStoreDecorator } from './event-store.decorator';
import { RevisionConflictError, StreamNotFoundError } from './event-store.port';
import type { Appended, EventStore, EventToAppend, StreamHead } from './event-store.port';

/** A store that is put back to an older copy takes longer to be there again. */
const BELIEVED_FOR_MS = 30_000;
const MOST_STREAMS = 4_096;
const BEHIND_MS = 500;

interface StreamEnd {
  readonly event: StoredEvent;
  /** Monotonic time when this process appended or read it. */
  readonly at: number;
  /** Appended here, and no message of it was seen yet. */
  isOwn: boolean;
}

type Taker = (event: StoredEvent | null) => void;

/** An append of this process that is on its way. */
interface OwnAppend {
  /** Revision of what it builds on. */
  readonly after: number;
  /** Messages that were faster than its answer. */
  readonly takers: Taker[];
}

/** The last events of streams, as this process itself appended or read them a short while ago. */
export class StreamEnds {
  private readonly ends = new Map<string, StreamEnd>();
  private readonly appends = new Map<string, OwnAppend>();
  /** Changes with each `clear`: what was asked or appended before it says nothing any more. */
  private era = 0;

  constructor(
    private readonly clock: Clock,
    private readonly most = MOST_STREAMS,
  ) {}

  /** Null if it has to be read. Somebody else may have gone on since. */
  of(stream: string): StoredEvent | null {
    return this.find(stream)?.event ?? null;
  }

  /**
   * The same, once, where this process appended it: with the message that follows from it nobody else has dealt yet,
   * as far as that can be known without asking. The message may be faster than the answer to the append: it waits.
   *
   * @param revision of the message
   */
  async takeOwn(stream: string, revision: number): Promise<StoredEvent | null> {
    const append = this.appends.get(stream);
    if (append !== undefined && append.after < revision) {
      return new Promise((resolve) => append.takers.push(resolve));
    }
    const end = this.find(stream);
    if (!end?.isOwn) return null;
    end.isOwn = false;
    return end.event;
  }

  /** The same without taking it: the last event of the stream, as far as is known, if this process appended it. */
  own(stream: string): StoredEvent | null {
    const end = this.find(stream);
    return end?.isOwn ? end.event : null;
  }

  /**
   * What builds on a revision is being appended.
   *
   * @returns to be called once, with what the append has made the end of the stream, or null
   */
  appending(stream: string, after: number): Taker {
    const append: OwnAppend = { after, takers: [] };
    const { era } = this;
    if (!this.appends.has(stream)) this.appends.set(stream, append);
    return (made) => {
      if (this.appends.get(stream) === append) this.appends.delete(stream);
      const [first, ...others] = append.takers;
      const event = era === this.era ? made : null;
      if (event !== null) this.remember(event, first === undefined);
      first?.(event);
      for (const other of others) other(null);
    };
  }

  /**
   * A stream is asked for its end.
   *
   * @returns to be called with the answer, null where there is none: remembered unless there was a `clear` since
   */
  asking(stream: string): Taker {
    const { era } = this;
    return (event) => {
      if (era !== this.era) return;
      if (event === null) this.forget(stream);
      else this.remember(event);
    };
  }

  /** An end that is older than the known one says that they came out of order, or that the store is another. */
  remember(event: StoredEvent, isOwn = false): void {
    const known = this.of(event.stream);
    this.ends.delete(event.stream);
    if (known !== null && known.revision > event.revision) return;
    this.ends.set(event.stream, { event, isOwn, at: this.clock.monotonic() });
    const [oldest] = this.ends.keys();
    if (this.ends.size > this.most && oldest !== undefined) this.ends.delete(oldest);
  }

  forget(stream: string): void {
    this.ends.delete(stream);
  }

  /** After whatever may mean that store or bus are not what they were. */
  clear(): void {
    this.era += 1;
    this.ends.clear();
  }

  private find(stream: string): StreamEnd | null {
    const end = this.ends.get(stream);
    if (end === undefined) return null;
    if (this.clock.monotonic() - end.at < BELIEVED_FOR_MS) return end;
    this.ends.delete(stream);
    return null;
  }
}

/**
 * The store compares revisions alone, and a hash may come from a message or from a store that was put back since. So
 * the event that an append builds on is read first, unless this process has just appended or read it itself.
 */
export class VerifiedEventStore extends EventStoreDecorator {
  constructor(
    store: EventStore,
    private readonly ends: StreamEnds,
    private readonly clock: Clock,
  ) {
    super(store);
  }

  override async append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    this.noticeInterruption();
    const end = this.ends.appending(stream, after.revision);
    let own: StoredEvent | null = null;
    try {
      await this.verify(stream, after);
      const appended = await this.watching(stream, () => this.store.append(stream, after, events));
      this.noticeInterruption();
      const last = events.at(-1);
      if (last !== undefined) own = this.storedAs(stream, last, appended);
      return appended;
    } finally {
      end(own);
    }
  }

  override load(stream: string, fromRevision?: number, most?: number): Promise<StoredEvent[]> {
    const read = () => this.store.load(stream, fromRevision, most);
    return this.reading(stream, read, (events) => (most === undefined ? events.at(-1) : undefined));
  }

  override loadLast(stream: string, count: number, upTo?: number): Promise<StoredEvent[]> {
    const read = () => this.store.loadLast(stream, count, upTo);
    return this.reading(stream, read, (events) => (upTo === undefined ? events.at(-1) : undefined));
  }

  override lastOf(stream: string): Promise<StoredEvent | null> {
    const read = () => this.store.lastOf(stream);
    return this.reading(stream, read, (last) => last);
  }

  protected override onInterrupted(): void {
    this.ends.clear();
  }

  /**
   * A revision behind the last is refused by the store itself, or known to it as a repeat. One that it does not have yet
   * is of another copy of it: somebody else may come as far before the append arrives. What it answered is known then;
   * if it is not, the store was away meanwhile and is asked again.
   */
  private async verify(stream: string, after: StreamHead): Promise<void> {
    while (after.revision >= 0 && !isAt(after, this.ends.of(stream))) {
      const last = await this.lastOnceNotBehind(stream, after.revision);
      if (last !== null && (last.revision > after.revision || isUnlinked(last))) return;
      if (!isAt(after, last)) throw new RevisionConflictError(stream, after.revision);
    }
  }

  /** A node that follows another one may not have it yet: it is asked once more. */
  private async lastOnceNotBehind(stream: string, revision: number): Promise<StoredEvent | null> {
    const last = await this.lastOf(stream);
    if (last !== null && last.revision >= revision) return last;
    await this.clock.pause(BEHIND_MS);
    return this.lastOf(stream);
  }

  /** As a reader would find it, but for the time, which is this machine's. */
  private storedAs(
    stream: string,
    { id, type, data, metadata }: EventToAppend,
    { head: { revision, hash }, position }: Appended,
  ): StoredEvent {
    const recordedAt = new Date(this.clock.wall()).toISOString();
    return {
      id,
      type,
      stream,
      revision,
      position,
      recordedAt,
      data,
      metadata: { ...metadata, hash },
    };
  }

  /** `endIn`: the end of the stream, as far as the answer tells it. */
  private async reading<Answer>(
    stream: string,
    read: () => Promise<Answer>,
    endIn: (answer: Answer) => StoredEvent | null | undefined,
  ): Promise<Answer> {
    this.noticeInterruption();
    const learn = this.ends.asking(stream);
    const answer = await this.watching(stream, read);
    this.noticeInterruption();
    const end = endIn(answer);
    if (end !== undefined) learn(end);
    return answer;
  }

  /** A conflict is about one stream; anything else may mean that the store was away. */
  private async watching<Answer>(stream: string, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      if (isOfOneStream(error)) this.ends.forget(stream);
      else this.ends.clear();
      throw error;
    }
  }
}

function isOfOneStream(error: unknown): boolean {
  return error instanceof RevisionConflictError || error instanceof StreamNotFoundError;
}

/** Others may put an event of their own behind what does not concern one instance, and that stops nobody. */
function isUnlinked({ stream, damage }: StoredEvent): boolean {
  return damage !== undefined && categoryOf(stream) !== 'instance';
}

/** What stands in for the hash of a damaged event is nothing to build on. */
function isAt({ revision, hash }: StreamHead, event: StoredEvent | null): boolean {
  const isReadable = event !== null && event.damage === undefined;
  return isReadable && event.revision === revision && event.metadata.hash === hash;
}
