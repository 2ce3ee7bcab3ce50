import { BACKWARDS, END, EventStoreDBClient, FORWARDS, START } from '@eventstore/db-client';
import type { AllStreamResolvedEvent, AppendResult, ResolvedEvent } from '@eventstore/db-client';
import type { StoredEvent } from '@uplift/contracts';
import { isForeign, isOurs } from '@uplift/contracts';
import { appendError, collect, readError, unavailable, withDeadline } from './esdb.calls';
import { fromEsdbEvent, toEsdbEvent } from './esdb.event-codec';
import { NewestOfOurs } from './esdb.newest';
import { EsdbTail } from './esdb.tail';
import {
  EventStore,
  EventStoreUnavailableError,
  StreamGoneError,
  StreamNotFoundError,
} from './event-store.port';
import type {
  AllEventsBatch,
  AllEventsPage,
  Appended,
  EventToAppend,
  StreamHead,
  SubscribeToAllOptions,
} from './event-store.port';
import { prepareAppend } from './hash-chain';
import type { LinkedEvents } from './hash-chain';
import { streamCutIn } from './stream-cut';

const DEFAULT_TIMEOUT_MS = 10_000;

export interface EsdbEventStoreOptions {
  /** For example `esdb://127.0.0.1:2113?tls=false`; credentials belong in here. */
  readonly connectionString: string;
  /** How long to wait for the answer to an append or a finite read, in milliseconds; default 10,000. */
  readonly appendTimeoutMs?: number;
  /** Foreign events looked at in one search for the newest of ours, 100,000 by default. */
  readonly mostForeign?: number;
}

/** EventStoreDB through its official client. */
export class EsdbEventStore extends EventStore {
  private readonly client: EventStoreDBClient;
  private readonly timeoutMs: number;
  private readonly newest: NewestOfOurs;
  private readonly tails = new Set<EsdbTail>();
  private closed = false;

  constructor(options: EsdbEventStoreOptions) {
    super();
    this.client = EventStoreDBClient.connectionString(options.connectionString);
    this.timeoutMs = options.appendTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.newest = new NewestOfOurs(this.client, this.timeoutMs, options.mostForeign);
  }

  override async append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    const linked = prepareAppend(stream, after, events);
    this.assertOpen();
    try {
      const result = await withDeadline(this.send(stream, after, linked), this.timeoutMs);
      assertWhereExpected(stream, after, linked, result);
      const position = result.position?.commit ?? (await this.positionOf(stream, linked.head));
      return { head: linked.head, position };
    } catch (error) {
      throw appendError(error, stream, linked);
    }
  }

  override async load(stream: string, fromRevision = 0): Promise<StoredEvent[]> {
    try {
      const events = await this.read(stream, fromRevision);
      const [first] = events;
      if (first && first.revision > fromRevision) throw new StreamGoneError(stream, 'truncated');
      if (!first) await this.assertUntouched(stream, fromRevision);
      return events;
    } catch (error) {
      const known = readError(error, stream);
      if (known instanceof StreamNotFoundError) await this.assertUntouched(stream, 0);
      throw known;
    }
  }

  override async lastOf(stream: string): Promise<StoredEvent | null> {
    try {
      this.assertOpen();
      const last = { direction: BACKWARDS, fromRevision: END, maxCount: 1 } as const;
      const found = await collect(this.client.readStream(stream, last), this.timeoutMs);
      return stored(found)[0] ?? null;
    } catch (error) {
      const reason = readError(error, stream);
      if (reason instanceof StreamNotFoundError) return null;
      throw reason;
    }
  }

  override async *subscribeToAll(
    options: SubscribeToAllOptions = {},
  ): AsyncGenerator<AllEventsBatch> {
    this.assertOpen();
    const { after } = options;
    const fromPosition = after === undefined ? START : { commit: after, prepare: after };
    const tail = new EsdbTail(this.client.subscribeToAll({ fromPosition }), options);
    this.tails.add(tail);
    try {
      yield* tail.batches();
    } finally {
      this.tails.delete(tail);
      tail.stop();
    }
  }

  override async readAll(after: bigint | null, limit: number): Promise<AllEventsPage> {
    try {
      this.assertOpen();
      const fromPosition = after === null ? START : { commit: after, prepare: after };
      // The event at the position itself comes first.
      const maxCount = limit + 1;
      const read = this.client.readAll({ direction: FORWARDS, fromPosition, maxCount });
      return pageOf(await collect(read, this.timeoutMs), { after, maxCount });
    } catch (error) {
      throw unavailable(error);
    }
  }

  override async lastPosition(): Promise<bigint | null> {
    try {
      this.assertOpen();
      return await this.newest.position();
    } catch (error) {
      throw unavailable(error);
    }
  }

  override async close(): Promise<void> {
    this.closed = true;
    for (const tail of this.tails) tail.stop();
    await this.client.dispose();
  }

  /** Per-call credentials would switch the client's batched append off. */
  private send(stream: string, after: StreamHead, linked: LinkedEvents): Promise<AppendResult> {
    const expectedRevision = after.revision < 0 ? 'no_stream' : BigInt(after.revision);
    const deadline = this.timeoutMs;
    return this.client.appendToStream(stream, linked.events.map(toEsdbEvent), {
      expectedRevision,
      deadline,
    });
  }

  private async read(stream: string, fromRevision: number): Promise<StoredEvent[]> {
    this.assertOpen();
    const read = this.client.readStream(stream, { fromRevision: BigInt(fromRevision) });
    return stored(await collect(read, this.timeoutMs));
  }

  /** A deleted stream is answered like one that never was: its metadata tells them apart, for who may read it. */
  private async assertUntouched(stream: string, fromRevision: number): Promise<void> {
    const reading = this.client.getStreamMetadata(stream).catch(() => undefined);
    const found = await withDeadline(reading, this.timeoutMs);
    const first = Number(found?.metadata?.truncateBefore ?? 0);
    if (first > fromRevision) throw new StreamGoneError(stream, 'deleted');
  }

  private assertOpen(): void {
    if (this.closed) throw new EventStoreUnavailableError('The event store is closed');
  }

  private async positionOf(stream: string, head: StreamHead): Promise<bigint> {
    const events = await this.read(stream, head.revision);
    return events[0]?.position ?? 0n;
  }
}

/** The store takes the first event of a deleted stream for its next one. */
function assertWhereExpected(
  stream: string,
  after: StreamHead,
  { head }: LinkedEvents,
  { nextExpectedRevision }: AppendResult,
): void {
  const isNew = after.revision < 0;
  if (isNew && nextExpectedRevision > head.revision) throw new StreamGoneError(stream, 'deleted');
}

function stored(found: readonly ResolvedEvent[]): StoredEvent[] {
  return found.flatMap(({ event, commitPosition = 0n }) =>
    event ? [fromEsdbEvent(event, commitPosition)] : [],
  );
}

function pageOf(
  found: readonly AllStreamResolvedEvent[],
  { after, maxCount }: { readonly after: bigint | null; readonly maxCount: number },
): AllEventsPage {
  const all = found.flatMap(({ event }) => (event ? [event] : []));
  const looked = all
    .filter(({ position }) => after === null || position.commit > after)
    .map((event) => {
      const { streamId: stream, type, data, metadata, position } = event;
      return { event, stream, type, data, metadata, position: position.commit };
    });
  return {
    events: looked.filter(isOurs).map(({ event, position }) => fromEsdbEvent(event, position)),
    foreign: looked
      .filter(isForeign)
      .map(({ stream, type, position }) => ({ stream, type, position })),
    cuts: looked.map(streamCutIn).filter((cut) => cut !== null),
    upTo: looked.at(-1)?.position ?? after,
    isEnd: found.length < maxCount,
  };
}
