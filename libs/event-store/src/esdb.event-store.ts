import { BACKWARDS, END, EventStoreDBClient, START } from '@eventstore/db-client';
import type { AppendResult, ReadPosition, ResolvedEvent } from '@eventstore/db-client';
import type { StoredEvent } from '@uplift/contracts';
import { appendError, collect, readError, unavailable, withDeadline } from './esdb.calls';
import { fromEsdbEvent, toEsdbEvent } from './esdb.event-codec';
import { EsdbTail, isOwn } from './esdb.tail';
import { EventStore, EventStoreUnavailableError, StreamNotFoundError } from './event-store.port';
import type {
  AllEventsBatch,
  Appended,
  EventToAppend,
  StreamHead,
  SubscribeToAllOptions,
} from './event-store.port';
import { prepareAppend } from './hash-chain';
import type { LinkedEvents } from './hash-chain';

const DEFAULT_TIMEOUT_MS = 10_000;
/** Events looked at in one step backwards for the newest that is not the store's own. */
const PAGE = 64;

export interface EsdbEventStoreOptions {
  /** For example `esdb://127.0.0.1:2113?tls=false`; credentials belong in here. */
  readonly connectionString: string;
  /** How long to wait for the answer to an append or a finite read, in milliseconds; default 10,000. */
  readonly appendTimeoutMs?: number;
}

/** EventStoreDB through its official client. */
export class EsdbEventStore extends EventStore {
  private readonly client: EventStoreDBClient;
  private readonly timeoutMs: number;
  private readonly tails = new Set<EsdbTail>();
  private closed = false;

  constructor(options: EsdbEventStoreOptions) {
    super();
    this.client = EventStoreDBClient.connectionString(options.connectionString);
    this.timeoutMs = options.appendTimeoutMs ?? DEFAULT_TIMEOUT_MS;
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
      const position = result.position?.commit ?? (await this.positionOf(stream, linked.head));
      return { head: linked.head, position };
    } catch (error) {
      throw appendError(error, stream, linked);
    }
  }

  override async load(stream: string, fromRevision = 0): Promise<StoredEvent[]> {
    try {
      return await this.read(stream, fromRevision);
    } catch (error) {
      throw readError(error, stream);
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

  override async lastPosition(): Promise<bigint | null> {
    try {
      return await this.newestPosition();
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

  private assertOpen(): void {
    if (this.closed) throw new EventStoreUnavailableError('The event store is closed');
  }

  private async positionOf(stream: string, head: StreamHead): Promise<bigint> {
    const events = await this.read(stream, head.revision);
    return events[0]?.position ?? 0n;
  }

  private async newestPosition(): Promise<bigint | null> {
    this.assertOpen();
    let fromPosition: ReadPosition = END;
    for (;;) {
      const read = this.client.readAll({ direction: BACKWARDS, fromPosition, maxCount: PAGE });
      const page = await collect(read, this.timeoutMs);
      const newest = page.find(({ event }) => event && isOwn(event));
      if (newest?.event) return newest.event.position.commit;
      const oldest = page.at(-1)?.event;
      if (!oldest || page.length < PAGE) return null;
      fromPosition = oldest.position;
    }
  }
}

function stored(found: readonly ResolvedEvent[]): StoredEvent[] {
  return found.flatMap(({ event, commitPosition = 0n }) =>
    event ? [fromEsdbEvent(event, commitPosition)] : [],
  );
}
