import { BACKWARDS, END, eventTypeFilter, START } from '@eventstore/db-client';
import type {
  AllStreamResolvedEvent,
  AllStreamSubscription,
  Position,
} from '@eventstore/db-client';
import type { StoredEvent } from '@uplift/contracts';
import type { EsdbConnection } from './esdb.connection';
import { isFinal, isInvalidPosition, isLagging } from './esdb.errors';
import type { EsdbLine } from './esdb.line';
import { TailBuffer } from './esdb.tail-buffer';
import { PositionNotFoundError } from './event-store.port';
import type { AllEventsBatch, ResubscribeReason, SubscribeToAllOptions } from './event-store.port';

const RIGHT = 'read $all';
const STARTED_BEFORE = 'the subscription began before the place that was asked for';
/** Pause before the end of the store is asked for again, in ms; up to half as long again. */
const ASK_MS = 1_000;

/** How often the server says how far it has looked: each so many times 32 events. */
const TOLD_EACH = 32;

/** How long a node that follows others may take to get an event that was read from another one, in ms. */
const BEHIND_MS = 10_000;

/** Why there is no event at a position: the store, or the node of it that was asked, ends before it, or none is there. */
export type NotFound = 'beyond-end' | 'invalid';

/** What a tail needs of the store around it. */
export interface TailPorts {
  readonly connection: EsdbConnection;
  readonly lookAt: (position: bigint) => Promise<StoredEvent | NotFound>;
  readonly onResubscribe: (reason: ResubscribeReason) => void;
}

/** How a subscription ended. */
interface Ending {
  readonly error: unknown;
  /** The connection was given up. */
  readonly isSilent: boolean;
}

/**
 * One reader of `$all`, over as many subscriptions as it takes. One that is thrown out because it lags is normal under
 * load: the next one begins at once after the last event received. After any other end, the store has to be there
 * again within the connection's patience, and has to be the same one.
 */
export class EsdbTail {
  private readonly buffer: TailBuffer;
  private subscription: AllStreamSubscription | undefined;
  private stopped = false;
  /** Times that the end of the store was asked for: the answer to the last one counts. */
  private asked = 0;
  private failure: Error | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly ports: TailPorts,
    private readonly options: SubscribeToAllOptions,
  ) {
    this.buffer = new TailBuffer(options);
  }

  async *batches(): AsyncGenerator<AllEventsBatch> {
    const { signal, gather } = this.options;
    signal?.addEventListener('abort', this.stop);
    if (signal?.aborted) this.stop();
    void this.follow();
    while (!this.stopped) {
      await this.buffer.gather(gather);
      if (this.stopped) return;
      const batch = this.buffer.take();
      this.resume();
      if (batch) yield batch;
      else if (this.failure) throw this.failure;
      else await this.buffer.nextArrival();
    }
  }

  readonly stop = (): void => {
    if (this.stopped) return;
    this.stopped = true;
    this.stopping.abort();
    this.options.signal?.removeEventListener('abort', this.stop);
    this.leave();
    this.buffer.stopGathering();
    this.buffer.arrived();
  };

  private async follow(): Promise<void> {
    try {
      await this.assertPlace();
      while (!this.stopped) await this.onceSubscribed();
    } catch (error) {
      this.failure = this.ports.connection.translate(error, RIGHT);
      this.buffer.arrived();
    }
  }

  /** One subscription, and what has to be done before the next. */
  private async onceSubscribed(): Promise<void> {
    const { connection, onResubscribe } = this.ports;
    const before = this.buffer.received;
    const ending = await this.subscribed(await connection.ready());
    if (this.stopped) return;
    const reason = reasonOf(ending);
    const hasReceived = this.buffer.received > before;
    this.buffer.loseTouch();
    if (hasReceived) this.trouble.end();
    if (reason !== 'lagging' || !hasReceived) await this.recover(ending.error);
    if (!this.stopped) onResubscribe(reason);
  }

  /** Waits until the store is there again, and is the one that was read. */
  private async recover(error: unknown): Promise<void> {
    const { connection } = this.ports;
    const reason = connection.translate(error, RIGHT);
    if (isInvalidPosition(error)) await this.assertPlace();
    else if (isFinal(reason)) throw reason;
    if (!this.trouble.isBearable()) throw reason;
    await connection.clock.idle(this.trouble.pause(), this.stopping.signal);
    if (!this.stopped) await this.assertPlace();
  }

  /** Nobody can tell a store from another one by a position alone; that of a store that is shorter is accepted. */
  private async assertPlace(): Promise<void> {
    const { at, id } = this.buffer.place;
    if (at === null || at === 0n) return;
    const { connection, lookAt } = this.ports;
    const endsAt = connection.clock.monotonic() + BEHIND_MS;
    const backoff = connection.backoff();
    while (!this.stopped) {
      const found = await lookAt(at);
      if (isEvent(found, id)) return;
      const mayBeBehind = found === 'beyond-end' && connection.clock.monotonic() < endsAt;
      if (!mayBeBehind) throw new PositionNotFoundError(at, id);
      await connection.clock.idle(backoff.next(), this.stopping.signal);
    }
  }

  /** Resolves when the subscription has ended. */
  private subscribed({ client }: EsdbLine): Promise<Ending> {
    const { at } = this.buffer.place;
    const fromPosition = at === null || at === 0n ? START : { commit: at, prepare: at };
    return new Promise((resolve) => {
      const subscription = client.subscribeToAll({ fromPosition, ...this.filter });
      const end = (error: unknown) => {
        if (this.subscription === subscription) this.leave();
        resolve({ error, isSilent: client.isEnded });
      };
      this.subscription = subscription;
      subscription
        .on('data', (resolved) => {
          if (!this.receive(subscription, resolved)) end(new Error(STARTED_BEFORE));
        })
        .on('caughtUp', () => this.reachEnd(subscription))
        .on('error', end)
        .on('end', () => end(new Error('the server has ended the subscription')));
      if (this.stopped) this.leave();
    });
  }

  private get filter() {
    const { withoutTypes = [] } = this.options;
    if (withoutTypes.length === 0) return {};
    const checkpointReached = (from: AllStreamSubscription, { commit }: Position) => {
      // It overtakes events that the client has converted but not handed over yet: those move the place on, too.
      if (this.subscription === from && from.readableLength === 0) this.buffer.passOver(commit);
      return Promise.resolve();
    };
    const regex = regexWithout(withoutTypes);
    return { filter: eventTypeFilter({ regex, checkpointInterval: TOLD_EACH, checkpointReached }) };
  }

  private resume(): void {
    const { subscription } = this;
    if (subscription?.isPaused() && !this.buffer.isFull) subscription.resume();
    if (subscription && this.buffer.takeLag()) void this.askEnd(subscription);
  }

  private async askEnd(whileIn: AllStreamSubscription): Promise<void> {
    const { clock, randomness } = this.ports.connection;
    const asked = (this.asked += 1);
    while (this.subscription === whileIn && this.asked === asked) {
      const end = await this.endOfStore().catch(() => undefined);
      if (this.subscription !== whileIn || this.asked !== asked) return;
      if (end !== undefined) return this.buffer.endAt(end);
      await clock.idle(ASK_MS * (1 + randomness.fraction() / 2), this.stopping.signal);
    }
  }

  /** What still comes of it is for nobody. */
  private leave(): void {
    const { subscription } = this;
    this.subscription = undefined;
    subscription?.unsubscribe().catch(() => undefined);
    subscription?.resume();
  }

  /** False for an event that cannot come: a node that ends before the place sends all that it gets from then on. */
  private receive(from: AllStreamSubscription, { event }: AllStreamResolvedEvent): boolean {
    if (this.subscription !== from) return true;
    const { at } = this.buffer.place;
    if (event && at !== null && event.position.commit <= at) return false;
    this.buffer.add(event);
    if (!this.buffer.isFull) return true;
    from.pause();
    this.buffer.lag();
    return true;
  }

  /** The signal overtakes events that the client has converted but not handed over yet. */
  private reachEnd(from: AllStreamSubscription): void {
    if (this.subscription !== from) return;
    this.trouble.end();
    this.buffer.endAfter(from.readableLength);
  }

  private endOfStore(): Promise<bigint> {
    return this.ports.connection.answer(RIGHT, async ({ line, waitMs }) => {
      const last = { direction: BACKWARDS, fromPosition: END, maxCount: 1 } as const;
      const [found] = await line.collect(line.client.readAll(last), waitMs);
      return found?.event?.position.commit ?? 0n;
    });
  }

  private readonly trouble = new Trouble(() => this.ports.connection);
}

/** How long a reader has got nothing, not even the word that there is nothing more. */
class Trouble {
  private since: number | undefined;
  private backoff: ReturnType<EsdbConnection['backoff']> | undefined;

  constructor(private readonly connection: () => EsdbConnection) {}

  end(): void {
    this.since = undefined;
    this.backoff = undefined;
  }

  isBearable(): boolean {
    const { clock, patience } = this.connection();
    this.since ??= clock.monotonic();
    return clock.monotonic() - this.since < patience.totalMs;
  }

  pause(): number {
    this.backoff ??= this.connection().backoff();
    return this.backoff.next();
  }
}

/** The server's regular expressions are those of .NET: there `$` would match before a line's end, too. */
function regexWithout(types: readonly string[]): string {
  return `^(?!(?:${types.join('|')})(?![\\s\\S]))`;
}

function isEvent(found: StoredEvent | NotFound, id: string | undefined): boolean {
  return typeof found !== 'string' && (id === undefined || found.id === id);
}

function reasonOf({ error, isSilent }: Ending): ResubscribeReason {
  if (isLagging(error)) return 'lagging';
  if (isSilent) return 'silent';
  return error instanceof Error && 'code' in error ? 'broken' : 'ended';
}
