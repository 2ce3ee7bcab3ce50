import type { StoredEvent } from '@uplift/contracts';
import { EventStoreUnavailableError, RevisionConflictError } from './event-store.errors';
import { StreamNotFoundError } from './event-store.errors';
import { EventStore } from './event-store.port';
import type { AllEventsBatch, Appended, EventToAppend } from './event-store.port';
import type { StreamHead, SubscribeToAllOptions } from './event-store.port';
import type { LinkedEvent } from './hash-chain';
import { headOf } from './load-or-empty';
import { prepareAppend } from './prepare-append';
import { DEFAULT_MAX_BATCH } from './subscription-batches';

/** Positions have gaps, as the real store's have. */
const POSITION_STEP = 100n;

export interface InMemoryEventStoreOptions {
  /** Store time; default: the clock of this machine. */
  readonly now?: () => Date;
}

/** The whole contract of the port, for tests: nothing survives the process. */
export class InMemoryEventStore extends EventStore {
  private readonly log: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly sleepers = new Set<() => void>();
  private readonly now: () => Date;
  private closed = false;

  constructor(options: InMemoryEventStoreOptions = {}) {
    super();
    this.now = options.now ?? (() => new Date());
  }

  override append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    return Promise.resolve().then(() => this.appendNow(stream, after, events));
  }

  override load(stream: string, fromRevision = 0): Promise<StoredEvent[]> {
    return Promise.resolve().then(() => {
      this.assertOpen();
      const events = this.streams.get(stream);
      if (!events) throw new StreamNotFoundError(stream);
      return events.slice(fromRevision);
    });
  }

  override async *subscribeToAll(
    options: SubscribeToAllOptions = {},
  ): AsyncGenerator<AllEventsBatch> {
    this.assertOpen();
    const { after = 0n, maxBatch = DEFAULT_MAX_BATCH, signal } = options;
    const firstUnread = this.log.findIndex((event) => event.position > after);
    let next = firstUnread < 0 ? this.log.length : firstUnread;
    let caughtUp = false;
    while (!this.closed && !signal?.aborted) {
      const events = this.log.slice(next, next + maxBatch);
      next += events.length;
      const reachedEnd = !caughtUp && next === this.log.length;
      caughtUp ||= reachedEnd;
      if (events.length > 0 || reachedEnd) yield { events, caughtUp };
      else await this.nextAppend(signal);
    }
  }

  override lastPosition(): Promise<bigint | null> {
    return Promise.resolve(this.log.at(-1)?.position ?? null);
  }

  override close(): Promise<void> {
    this.closed = true;
    this.wake();
    return Promise.resolve();
  }

  private appendNow(stream: string, after: StreamHead, events: readonly EventToAppend[]): Appended {
    this.assertOpen();
    const linked = prepareAppend(stream, after, events);
    const stored = this.streams.get(stream) ?? [];
    const current = headOf(stored);
    if (current.revision > after.revision) return this.repeated(stored, after, linked.events);
    if (current.revision < after.revision || current.hash !== after.hash) {
      throw new RevisionConflictError(stream, after.revision);
    }
    const recordedAt = this.now().toISOString();
    for (const event of linked.events) stored.push(this.store(event, recordedAt));
    this.streams.set(stream, stored);
    this.wake();
    return { head: linked.head, position: this.log.at(-1)?.position ?? 0n };
  }

  private repeated(
    stored: readonly StoredEvent[],
    after: StreamHead,
    events: readonly LinkedEvent[],
  ): Appended {
    const there = stored.slice(after.revision + 1, after.revision + 1 + events.length);
    const same = events.every(({ metadata }, n) => there[n]?.metadata.hash === metadata.hash);
    const last = there.at(-1);
    if (!same || !last) throw new RevisionConflictError(stored[0]?.stream ?? '', after.revision);
    return { head: headOf(there), position: last.position };
  }

  private store(event: LinkedEvent, recordedAt: string): StoredEvent {
    const { bytes: _bytes, ...content } = event;
    const position = BigInt(this.log.length + 1) * POSITION_STEP;
    const stored: StoredEvent = { ...asStoredJson(content), position, recordedAt };
    this.log.push(stored);
    return stored;
  }

  private nextAppend(signal?: AbortSignal): Promise<void> {
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

  private wake(): void {
    for (const awake of [...this.sleepers]) awake();
  }

  private assertOpen(): void {
    if (this.closed) throw new EventStoreUnavailableError('The event store is closed');
  }
}

/** What a round trip through the store's JSON leaves, out of the writer's reach. */
function asStoredJson<T extends object>(content: T): T {
  return deepFreeze(JSON.parse(JSON.stringify(content)) as T);
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  }
  return Object.freeze(value);
}
