import { BACKWARDS, END, FORWARDS, START } from '@eventstore/db-client';
import type { ResolvedEvent } from '@eventstore/db-client';
import type { StoredEvent } from '@uplift/contracts';
import type { Clock, Randomness } from '@uplift/runtime';
import { AppendGate } from './append-gate';
import type { AppendReceipt } from './esdb.appends';
import { EsdbConnection } from './esdb.connection';
import type { Try } from './esdb.connection';
import { parseEsdbConnectionString } from './esdb.connection-string';
import { appendError, isInvalidPosition, readError } from './esdb.errors';
import { fromEsdbEvent } from './esdb.event-codec';
import type { AppendPlace } from './esdb.line';
import { pageOf } from './esdb.page';
import { NewestOfOurs } from './esdb.newest';
import { checkRight } from './esdb.rights';
import { EsdbTail, type NotFound } from './esdb.tail';
import {
  EventStore,
  NO_INTERRUPTIONS,
  noneIfMissing,
  RevisionConflictError,
  StreamGoneError,
  StreamNotFoundError,
} from './event-store.port';
import type {
  AllEventsBatch,
  AllEventsPage,
  Appended,
  EventStoreCounters,
  EventStoreRefusedError,
  EventToAppend,
  ResubscribeReason,
  StreamHead,
  SubscribeToAllOptions,
} from './event-store.port';
import { assertTypes, prepareAppend } from './hash-chain';
import type { LinkedEvents } from './hash-chain';
import type { StoreRight } from './store-rights';

const ATTEMPT_MS = 4_000;
const TOTAL_MS = 15_000;

export interface EsdbEventStoreOptions {
  /** For example `esdb://127.0.0.1:2113?tls=false`; credentials belong in here. */
  readonly connectionString: string;
  /** How long one answer may take, in ms (default 4,000); then the connection is renewed and the question repeated. */
  readonly attemptMs?: number;
  /** How long an answer may take in all, in ms (default 15,000). */
  readonly totalMs?: number;
  /** Foreign events looked at in one search for the newest of ours, 100,000 by default. */
  readonly mostForeign?: number;
  readonly clock?: Clock;
  readonly randomness?: Randomness;
  /** Called whenever the store refuses the user. */
  readonly onRefused?: (error: EventStoreRefusedError) => void;
  /** Called when an append was not answered for as long as the patience lasts. */
  readonly onAppendFailed?: () => void;
  readonly onResubscribe?: (reason: ResubscribeReason) => void;
  /** Called with the time that the store has noted for an event, in ms since 1970. */
  readonly onEventTime?: (at: number) => void;
}

/** EventStoreDB through its official client. */
export class EsdbEventStore extends EventStore {
  private readonly connection: EsdbConnection;
  private readonly gate: AppendGate;
  private readonly newest: NewestOfOurs;
  private readonly tails = new Set<EsdbTail>();
  private readonly ending = new AbortController();
  private readonly resubscribed: Record<ResubscribeReason, number> = {
    ...NO_INTERRUPTIONS.resubscribed,
  };

  /** Throws ConnectionStringError. */
  constructor(private readonly options: EsdbEventStoreOptions) {
    super();
    this.newest = new NewestOfOurs(options.mostForeign);
    const { attemptMs = ATTEMPT_MS, totalMs = TOTAL_MS, clock, randomness, onRefused } = options;
    this.connection = new EsdbConnection({
      settings: parseEsdbConnectionString(options.connectionString),
      patience: { attemptMs, totalMs },
      clock,
      randomness,
      onRefused,
    });
    this.gate = new AppendGate(this.connection, options.onAppendFailed);
  }

  override async append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    const at = { stream, after };
    // Outside of the tries: what nobody could store says nothing about the store.
    const linked = prepareAppend(stream, after, events);
    return this.gate.pass(() =>
      this.connection.answer('append', async (attempt) => {
        const landed = attempt.repeats > 0 ? await this.landed(attempt, at, linked) : null;
        return landed ?? this.appendOnce(attempt, at, linked);
      }),
    );
  }

  /** Why and for how long the store has taken no events, in words; undefined while it takes them. */
  get whyNotAppending(): string | undefined {
    const { failure } = this.gate;
    if (failure === undefined) return undefined;
    const { clock, lastReadAt } = this.connection;
    const seconds = Math.round((clock.monotonic() - failure.since) / 1_000);
    const isFull = lastReadAt > failure.since && !failure.isRefused;
    const hint = isFull ? '; it can be read: its disk may be full' : '';
    return `it takes no events since ${seconds} s (${failure.reason})${hint}`;
  }

  override load(stream: string, fromRevision = 0, most?: number): Promise<StoredEvent[]> {
    return this.readThere(stream, (attempt) =>
      this.readFrom(attempt, { stream, revision: fromRevision, most }),
    );
  }

  override loadLast(stream: string, count: number, upTo?: number): Promise<StoredEvent[]> {
    const fromRevision = upTo === undefined ? END : BigInt(upTo);
    const last = { direction: BACKWARDS, fromRevision, maxCount: count } as const;
    return this.readThere(stream, async (attempt) => {
      const events = (await this.read(attempt, stream, last)).reverse();
      if (events[0]?.revision !== 0) await this.assertBegin(attempt, stream);
      return events;
    });
  }

  override lastOf(stream: string): Promise<StoredEvent | null> {
    const last = { direction: BACKWARDS, fromRevision: END, maxCount: 1 } as const;
    return this.connection.answer('read streams', async (attempt) => {
      const [found] = await this.read(attempt, stream, last).catch(noneIfMissing);
      return found ?? null;
    });
  }

  override async *subscribeToAll(
    options: SubscribeToAllOptions = {},
  ): AsyncGenerator<AllEventsBatch> {
    this.connection.assertOpen();
    assertTypes(options.withoutTypes ?? []);
    const tail = new EsdbTail(
      {
        connection: this.connection,
        lookAt: (position) => this.lookAt(position),
        onResubscribe: (reason) => this.countResubscribed(reason),
      },
      options,
    );
    this.tails.add(tail);
    try {
      for await (const batch of tail.batches()) {
        this.noteTime(batch.events);
        yield batch;
      }
    } finally {
      this.tails.delete(tail);
      tail.stop();
    }
  }

  override async eventAt(position: bigint): Promise<StoredEvent | null> {
    const found = await this.lookAt(position);
    return typeof found === 'string' ? null : found;
  }

  override readAll(after: bigint | null, limit: number): Promise<AllEventsPage> {
    const fromPosition = after === null ? START : { commit: after, prepare: after };
    // The event at the position itself comes first.
    const maxCount = limit + 1;
    return this.connection.answer('read $all', async ({ line, waitMs }) => {
      const read = line.client.readAll({ direction: FORWARDS, fromPosition, maxCount });
      return pageOf(await line.collect(read, waitMs), { after, maxCount });
    });
  }

  override lastPosition(): Promise<bigint | null> {
    return this.connection.answer('read $all', (attempt) => this.newest.position(attempt));
  }

  override get counters(): EventStoreCounters {
    const { lagging: _usual, ...breaks } = this.resubscribed;
    const broken = Object.values(breaks).reduce((sum, count) => sum + count, 0);
    return {
      resubscribed: { ...this.resubscribed },
      interruptions: this.connection.interruptions + broken,
    };
  }

  /** Aborts when the store is closed. */
  get closing(): AbortSignal {
    return this.ending.signal;
  }

  /** Asks for something that needs the right, and changes nothing. Throws EventStoreRefusedError. */
  checkRight(right: StoreRight): Promise<void> {
    return checkRight(this.connection, right);
  }

  override async close(): Promise<void> {
    this.ending.abort();
    for (const tail of this.tails) tail.stop();
    await this.connection.close();
  }

  private lookAt(position: bigint): Promise<StoredEvent | NotFound> {
    const fromPosition = { commit: position, prepare: position };
    return this.connection.answer('read $all', async ({ line, waitMs }) => {
      const read = line.client.readAll({ fromPosition, maxCount: 1 });
      const found = await line.collect(read, waitMs).catch(invalidIfRefused);
      if (found === 'invalid') return found;
      const [first] = found;
      if (!first) return 'beyond-end';
      const { event } = first;
      return event?.position.commit === position ? fromEsdbEvent(event, position) : 'invalid';
    });
  }

  /** A stream that cannot be found may have been deleted. */
  private readThere(
    stream: string,
    read: (attempt: Try) => Promise<StoredEvent[]>,
  ): Promise<StoredEvent[]> {
    return this.connection.answer('read streams', (attempt) =>
      read(attempt).catch(async (error: unknown) => {
        const isMissing = error instanceof StreamNotFoundError;
        if (isMissing) await this.assertUntouched(attempt, stream, 0);
        throw error;
      }),
    );
  }

  private async assertBegin(attempt: Try, stream: string): Promise<void> {
    const [first] = await this.read(attempt, stream, { fromRevision: 0n, maxCount: 1 });
    if (first?.revision !== 0) throw new StreamGoneError(stream, 'truncated');
  }

  private async readFrom(
    attempt: Try,
    { stream, revision, most }: { stream: string; revision: number; most: number | undefined },
  ): Promise<StoredEvent[]> {
    const from = { fromRevision: BigInt(revision), ...(most !== undefined && { maxCount: most }) };
    const events = await this.read(attempt, stream, from);
    const [first] = events;
    if (first && first.revision > revision) throw new StreamGoneError(stream, 'truncated');
    if (!first) await this.assertUntouched(attempt, stream, revision);
    return events;
  }

  private async appendOnce(attempt: Try, at: AppendPlace, linked: LinkedEvents): Promise<Appended> {
    const { line, waitMs } = attempt;
    try {
      const receipt = await line.append(at, linked, waitMs);
      assertWhereExpected(at, linked, receipt);
      const position = receipt.position ?? (await this.positionOf(attempt, at.stream, linked.head));
      return { head: linked.head, position };
    } catch (error) {
      throw appendError(error, at.stream, linked);
    }
  }

  /**
   * What became of an append that was not answered; null if it is not there. The event before it is compared too: a
   * store that was away may come back as an older copy.
   */
  private async landed(
    attempt: Try,
    { stream, after }: AppendPlace,
    { events, head }: LinkedEvents,
  ): Promise<Appended | null> {
    const fromRevision = BigInt(Math.max(0, after.revision));
    const maxCount = events.length + (after.revision < 0 ? 0 : 1);
    const found = await this.read(attempt, stream, { fromRevision, maxCount }).catch(noneIfMissing);
    const rest = after.revision < 0 ? found : found.slice(1);
    const isSameBefore = after.revision < 0 || found[0]?.metadata.hash === after.hash;
    const isOther = rest.some(({ metadata }, n) => metadata.hash !== events[n]?.metadata.hash);
    if (!isSameBefore || isOther) throw new RevisionConflictError(stream, after.revision);
    const last = rest.at(events.length - 1);
    return last ? { head, position: last.position } : null;
  }

  private async read(
    { line, waitMs }: Try,
    stream: string,
    options: Parameters<typeof line.client.readStream>[1],
  ): Promise<StoredEvent[]> {
    try {
      const found = await line.collect(line.client.readStream(stream, options), waitMs);
      const events = stored(found);
      this.noteTime(events);
      return events;
    } catch (error) {
      throw readError(error, stream);
    }
  }

  /** A deleted stream is answered like one that never was: its metadata tells them apart, for who may read it. */
  private async assertUntouched(
    { line, waitMs }: Try,
    stream: string,
    fromRevision: number,
  ): Promise<void> {
    const last = { direction: BACKWARDS, fromRevision: END, maxCount: 1 } as const;
    const read = line.client.readStream(`$$${stream}`, last);
    const [found] = await line.collect(read, waitMs).catch(() => []);
    const { $tb } = (found?.event?.data ?? {}) as { readonly $tb?: unknown };
    if (Number($tb ?? 0) > fromRevision) throw new StreamGoneError(stream, 'deleted');
  }

  private async positionOf(attempt: Try, stream: string, head: StreamHead): Promise<bigint> {
    const last = { fromRevision: BigInt(head.revision), maxCount: 1 };
    const [event] = await this.read(attempt, stream, last);
    return event?.position ?? 0n;
  }

  private noteTime(events: readonly StoredEvent[]): void {
    const newest = events.at(-1);
    if (newest) this.options.onEventTime?.(Date.parse(newest.recordedAt));
  }

  private countResubscribed(reason: ResubscribeReason): void {
    this.resubscribed[reason] += 1;
    this.options.onResubscribe?.(reason);
  }
}

/** The store takes the first event of a deleted stream for its next one. */
function assertWhereExpected(
  { stream, after }: AppendPlace,
  { head }: LinkedEvents,
  { revision }: AppendReceipt,
): void {
  const isNew = after.revision < 0;
  if (isNew && revision > head.revision) throw new StreamGoneError(stream, 'deleted');
}

function stored(found: readonly ResolvedEvent[]): StoredEvent[] {
  return found.flatMap(({ event, commitPosition = 0n }) =>
    event ? [fromEsdbEvent(event, commitPosition)] : [],
  );
}

function invalidIfRefused(error: unknown): 'invalid' {
  if (isInvalidPosition(error)) return 'invalid';
  throw error;
}
