import type { StoredEvent } from '@uplift/contracts';
import { isForeign, isOurs, toStoredEvent } from '@uplift/contracts';
import type { Clock, Randomness } from '@uplift/runtime';
import { systemClock, systemRandomness } from '@uplift/runtime';
import {
  DEFAULT_MAX_BATCH,
  EventStore,
  EventStoreUnavailableError,
  NO_INTERRUPTIONS,
  PositionNotFoundError,
  RevisionConflictError,
  StreamGoneError,
  StreamNotFoundError,
  headOf,
} from '../event-store.port';
import type {
  AllEventsBatch,
  AllEventsPage,
  Appended,
  EventStoreCounters,
  EventToAppend,
  StreamCut,
  StreamHead,
  StreamLoss,
  SubscribeToAllOptions,
} from '../event-store.port';
import { assertTypes, prepareAppend } from '../hash-chain';
import type { LinkedEvent } from '../hash-chain';
import { streamCutIn } from '../stream-cut';
import type { Loss } from './in-memory.log';
import { firstIn, firstLeft, InMemoryLog, POSITION_STEP } from './in-memory.log';

const FROM_START = { after: 0n, maxBatch: DEFAULT_MAX_BATCH, withoutTypes: [] };

export interface InMemoryEventStoreOptions {
  /** Store time; default: the clock of this machine. */
  readonly clock?: Pick<Clock, 'wall'>;
  /** Of what other programs write. */
  readonly randomness?: Randomness;
  /** Told of each event of ours, the moment it is stored. */
  readonly onStored?: (event: StoredEvent) => void;
}

/** The whole contract of the port, for tests: nothing survives the process. */
export class InMemoryEventStore extends EventStore {
  private readonly log = new InMemoryLog();
  private losses = new Map<string, Loss>();
  private readonly ours = new Set<StoredEvent>();
  private readonly cuts = new Map<StoredEvent, StreamCut>();
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly clock: Pick<Clock, 'wall'>;
  private closed = false;
  /** Readers of an earlier one have lost their place. */
  private copy = 0;
  /** Nothing more is taken, and everything that is there can be read. */
  isFull = false;

  constructor(private readonly options: InMemoryEventStoreOptions = {}) {
    super();
    this.clock = options.clock ?? systemClock;
  }

  override append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    return Promise.resolve().then(() => this.appendNow(stream, after, events));
  }

  override load(stream: string, fromRevision = 0, most = Infinity): Promise<StoredEvent[]> {
    return Promise.resolve().then(() => {
      this.assertOpen();
      const events = this.streams.get(stream);
      if (!events) throw new StreamNotFoundError(stream);
      const loss = this.losses.get(stream);
      if (loss && fromRevision < firstLeft(loss, events)) {
        throw new StreamGoneError(stream, loss.how);
      }
      return events.slice(fromRevision, fromRevision + most);
    });
  }

  override async loadLast(stream: string, count: number, upTo = Infinity): Promise<StoredEvent[]> {
    const events = await InMemoryEventStore.prototype.load.call(this, stream);
    return events.slice(0, upTo + 1).slice(-count);
  }

  override lastOf(stream: string): Promise<StoredEvent | null> {
    return Promise.resolve().then(() => {
      this.assertOpen();
      this.assertNotTombstoned(stream);
      return this.isDeleted(stream) ? null : (this.streams.get(stream)?.at(-1) ?? null);
    });
  }

  override async *subscribeToAll(
    options: SubscribeToAllOptions = {},
  ): AsyncGenerator<AllEventsBatch> {
    this.assertOpen();
    const { after, afterId, maxBatch, signal, gather, withoutTypes } = {
      ...FROM_START,
      ...options,
    };
    assertTypes(withoutTypes);
    let next = this.placeAfter(after, afterId);
    let upTo = positionOfLast(this.log.slice(0, next));
    let caughtUp = false;
    const { copy } = this;
    const isLive = () => !this.isOver(signal, copy);
    const gathered = async () => {
      await this.log.gathered({ from: next, count: maxBatch, isLive, signal }, gather);
      return isLive();
    };
    while (await gathered()) {
      const looked = this.log.slice(next, maxBatch);
      next += looked.length;
      const reachedEnd: boolean = !caughtUp && next === this.log.length;
      caughtUp ||= reachedEnd;
      upTo = positionOfLast(looked) ?? upTo;
      if (looked.length > 0 || reachedEnd)
        yield { ...this.sorted(looked, withoutTypes), upTo, caughtUp };
      else await this.log.more(isLive, signal);
    }
  }

  override readAll(after: bigint | null, limit: number): Promise<AllEventsPage> {
    return Promise.resolve().then(() => {
      this.assertOpen();
      const looked = this.log.slice(this.log.indexAfter(after ?? 0n), limit);
      const foreign = looked.filter((event) => !this.ours.has(event) && isForeign(event));
      return {
        events: this.sorted(looked).events,
        foreign: foreign.map(({ stream, type, position }) => ({ stream, type, position })),
        cuts: looked.flatMap((event) => this.cuts.get(event) ?? []),
        upTo: positionOfLast(looked) ?? after,
        isEnd: looked.length < limit,
      };
    });
  }

  override lastPosition(): Promise<bigint | null> {
    return Promise.resolve().then(() => {
      this.assertOpen();
      return this.log.last((event) => this.ours.has(event))?.position ?? null;
    });
  }

  override eventAt(position: bigint): Promise<StoredEvent | null> {
    return Promise.resolve().then(() => {
      this.assertOpen();
      return this.log.find(position) ?? null;
    });
  }

  override get counters(): EventStoreCounters {
    return NO_INTERRUPTIONS;
  }

  override close(): Promise<void> {
    this.closed = true;
    this.log.wake();
    return Promise.resolve();
  }

  private appendNow(stream: string, after: StreamHead, events: readonly EventToAppend[]): Appended {
    this.assertOpen();
    if (this.isFull) throw new EventStoreUnavailableError('There is no room for more events');
    const linked = prepareAppend(stream, after, events);
    const stored = this.streams.get(stream) ?? [];
    const current = headOf(stored);
    this.assertNotTombstoned(stream);
    if (this.isBegunAnew(stored, after, linked.events)) {
      this.storeAll(stored, linked.events);
      throw new StreamGoneError(stream, 'deleted');
    }
    if (current.revision > after.revision) return repeated(stored, after, linked.events);
    if (current.revision < after.revision) throw new RevisionConflictError(stream, after.revision);
    this.streams.set(stream, stored);
    this.storeAll(stored, linked.events);
    return { head: linked.head, position: this.log.at(-1)?.position ?? 0n };
  }

  /** Whoever expects nothing in a deleted stream is taken for a writer of its next event, unless he repeats its first. */
  private isBegunAnew(
    stored: readonly StoredEvent[],
    after: StreamHead,
    [event]: readonly LinkedEvent[],
  ): boolean {
    const [first] = stored;
    const isNew = first !== undefined && after.revision < 0 && first.id !== event?.id;
    return isNew && this.isDeleted(first.stream);
  }

  /** Behind what is there, wherever its writer expected it. A deleted stream is there again, without what it held. */
  private storeAll(stored: StoredEvent[], events: readonly LinkedEvent[]): void {
    const stream = events[0]?.stream ?? '';
    if (this.isDeleted(stream)) this.putRaw(`$$${stream}`, '$metadata', { $tb: stored.length });
    const recordedAt = this.now();
    for (const event of events) {
      stored.push(this.store({ ...event, revision: stored.length }, recordedAt));
    }
    this.log.wake();
  }

  /** Something that another program writes, whatever it is and wherever. */
  putRaw(stream: string, type: string, data: unknown = {}, metadata?: unknown): StoredEvent {
    const stored = this.streams.get(stream) ?? [];
    this.streams.set(stream, stored);
    const event = toStoredEvent({
      id: (this.options.randomness ?? systemRandomness).uuid(),
      type,
      stream,
      revision: headOf(stored).revision + 1,
      position: this.nextPosition(),
      recordedAt: this.now(),
      data,
      metadata,
    });
    stored.push(event);
    const cut = streamCutIn({ ...event, data });
    if (cut) {
      this.cuts.set(event, cut);
      this.losses.set(cut.stream, { how: cut.how, first: firstIn(data) });
    }
    this.record(event, isOurs({ stream, type, metadata }));
    this.log.wake();
    return event;
  }

  /** Returns the function that puts the store back to what it holds now; it answers what is lost by that. */
  backUp(): () => readonly StoredEvent[] {
    const { length } = this.log;
    const losses = [...this.losses];
    return () => {
      const lost = this.log.cut(length);
      for (const { stream, position } of lost) {
        const kept = this.streams.get(stream)?.filter((each) => each.position < position) ?? [];
        this.streams.set(stream, kept);
        if (kept.length === 0) this.streams.delete(stream);
      }
      this.losses = new Map(losses);
      this.copy += 1;
      this.log.wake();
      return lost.filter((event) => this.ours.has(event));
    };
  }

  /** As an administrator can; of a truncated stream the last event is left. */
  remove(stream: string, loss: StreamLoss): void {
    const last = (this.streams.get(stream)?.length ?? 1) - 1;
    if (loss === 'tombstoned') this.putRaw(stream, '$streamDeleted');
    else this.putRaw(`$$${stream}`, '$metadata', { $tb: loss === 'deleted' ? 2 ** 63 : last });
  }

  private assertNotTombstoned(stream: string): void {
    const how = this.losses.get(stream)?.how;
    if (how === 'tombstoned') throw new StreamGoneError(stream, how);
  }

  private isDeleted(stream: string): boolean {
    return this.losses.get(stream)?.how === 'deleted';
  }

  private store(
    { bytes: _bytes, hashed: _hashed, ...content }: LinkedEvent,
    recordedAt: string,
  ): StoredEvent {
    const position = this.nextPosition();
    const stored = Object.freeze({ ...asStoredJson(content), position, recordedAt });
    this.record(stored, isOurs(stored));
    return stored;
  }

  private sorted(looked: readonly StoredEvent[], withoutTypes: readonly string[] = []) {
    const sent = looked.filter(({ type }) => !withoutTypes.includes(type));
    const foreign = sent.filter((event) => !this.ours.has(event) && isForeign(event));
    return { events: sent.filter((event) => this.ours.has(event)), foreign: foreign.length };
  }

  private record(event: StoredEvent, isOneOfOurs: boolean): void {
    this.log.push(event);
    if (!isOneOfOurs) return;
    this.ours.add(event);
    this.options.onStored?.(event);
  }

  private nextPosition(): bigint {
    return BigInt(this.log.length + 1) * POSITION_STEP;
  }

  private now(): string {
    return new Date(this.clock.wall()).toISOString();
  }

  private placeAfter(after: bigint, afterId: string | undefined): number {
    if (after === 0n) return 0;
    const event = this.log.find(after);
    const isWrong = afterId !== undefined && event?.id !== afterId;
    if (!event || isWrong) throw new PositionNotFoundError(after, afterId);
    return this.log.indexAfter(after);
  }

  private isOver(signal: AbortSignal | undefined, copy: number): boolean {
    if (copy !== this.copy) throw new EventStoreUnavailableError('The store went away');
    return this.closed || signal?.aborted === true;
  }

  private assertOpen(): void {
    if (this.closed) throw new EventStoreUnavailableError('The event store is closed');
  }
}

const positionOfLast = (events: readonly StoredEvent[]) => events.at(-1)?.position ?? null;

function repeated(
  stored: readonly StoredEvent[],
  after: StreamHead,
  events: readonly LinkedEvent[],
): Appended {
  const there = stored.slice(after.revision + 1, after.revision + 1 + events.length);
  const same = events.every(({ metadata }, n) => there[n]?.metadata.hash === metadata.hash);
  const last = there.at(-1);
  if (!same || !last) throw new RevisionConflictError(events[0]?.stream ?? '', after.revision);
  return { head: headOf(there), position: last.position };
}

/** What a round trip through the store's JSON leaves, out of the writer's reach. */
function asStoredJson<T extends object>(content: T): T {
  return deepFreeze(JSON.parse(JSON.stringify(content)) as T);
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value) as unknown[]) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
